// An OpenID provider, the npm package `oidc-provider`, which issues tokens as JWT to one client. A line on its standard input makes
// it begin anew with these keys: `keys new,old` signs with `new`. Ends when its standard input does.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const made = new Map();
let answer = null;

const server = createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', () => {
  begin(['first']);
  console.log(`provider ${issuer()}`);
});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [, names = ''] = line.split(' ');
    begin(names.split(','));
    console.log(`has ${names}`);
  })
  .on('close', () => process.exit(0));

function issuer() {
  return `http://127.0.0.1:${server.address().port}`;
}

function begin(names) {
  const provider = new Provider(issuer(), {
    clients: [
      {
        client_id: 'shop',
        client_secret: 'a-secret-of-the-shop',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys: names.map(keyNamed) },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'https://shop.example.com',
        getResourceServerInfo: () => ({
          scope: 'orders:read orders:write',
          audience: 'shop',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  answer = provider.callback();
}

function keyNamed(name) {
  if (!made.has(name)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    made.set(name, { ...privateKey.export({ format: 'jwk' }), kid: name, use: 'sig', alg: 'ES256' });
  }
  return made.get(name);
}
