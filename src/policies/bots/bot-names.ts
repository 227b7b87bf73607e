// The names by which programs that fetch pages by themselves call themselves, and where the crawlers among them come from.

/** Crawlers whose operators say how they are told by DNS: words of their User-Agent, and the domains of their hosts. */
export const CRAWLERS = {
  googlebot: {
    words: ['googlebot', 'adsbot-google', 'google-inspectiontool', 'googleother', 'storebot-google'],
    domains: ['googlebot.com', 'google.com'],
  },
  bingbot: { words: ['bingbot', 'bingpreview', 'adidxbot'], domains: ['search.msn.com'] },
  applebot: { words: ['applebot'], domains: ['applebot.apple.com'] },
  yandexbot: {
    words: ['yandexbot', 'yandeximages', 'yandexmobilebot'],
    domains: ['yandex.ru', 'yandex.net', 'yandex.com'],
  },
  baiduspider: { words: ['baiduspider'], domains: ['baidu.com', 'baidu.jp'] },
  amazonbot: { words: ['amazonbot'], domains: ['crawl.amazonbot.amazon'] },
  petalbot: { words: ['petalbot'], domains: ['petalsearch.com'] },
  seznambot: { words: ['seznambot'], domains: ['seznam.cz'] },
} as const satisfies Readonly<Record<string, Crawler>>;

/** Where a crawler comes from. */
export type Crawler = { readonly words: readonly string[]; readonly domains: readonly string[] };

export type CrawlerName = keyof typeof CRAWLERS;

// What nearly all of them have in their names, and some that have nothing of it. The list is short on purpose: a program that
// does not want to be known says something else anyway.
const WORDS = [
  'bot',
  'crawl',
  'spider',
  'scrap',
  'slurp',
  'archiver',
  'facebookexternalhit',
  'meta-externalagent',
  'mediapartners-google',
  'google-extended',
  'bingpreview',
  'bytedance',
  'claude-web',
  'perplexity-user',
  'headlesschrome',
  'phantomjs',
  'python-requests',
  'python-urllib',
  'scrapy',
  'go-http-client',
  'libwww-perl',
  'curl/',
  'wget/',
];

// Telephones that are no programs.
const NO_BOTS = /cubot/g;

/** Whether a User-Agent in lower case is that of a program. */
export function isBotName(userAgent: string): boolean {
  const told = userAgent.includes('cubot') ? userAgent.replace(NO_BOTS, '') : userAgent;
  return WORDS.some((word) => told.includes(word));
}
