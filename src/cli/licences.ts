// The licences of what an executable has inside, which must come with it.
import ajvFormats from '../../licences/ajv-formats.txt' with { type: 'text' };
import ajv from '../../licences/ajv.txt' with { type: 'text' };
import bun from '../../licences/bun.txt' with { type: 'text' };
import fastDeepEqual from '../../licences/fast-deep-equal.txt' with { type: 'text' };
import fastUri from '../../licences/fast-uri.txt' with { type: 'text' };
import httpCacheSemantics from '../../licences/http-cache-semantics.txt' with { type: 'text' };
import jsonSchemaTraverse from '../../licences/json-schema-traverse.txt' with { type: 'text' };
import openTelemetry from '../../licences/opentelemetry.txt' with { type: 'text' };
import preact from '../../licences/preact.txt' with { type: 'text' };
import re2js from '../../licences/re2js.txt' with { type: 'text' };
import uplot from '../../licences/uplot.txt' with { type: 'text' };
import yaml from '../../licences/yaml.txt' with { type: 'text' };
import zod from '../../licences/zod.txt' with { type: 'text' };
import own from '../../LICENSE' with { type: 'text' };

/** All of them, each below a heading. */
export const LICENCES: string = Object.entries({
  'Keystone Gateway': own,
  Bun: bun,
  ajv,
  'ajv-formats': ajvFormats,
  'fast-deep-equal': fastDeepEqual,
  'fast-uri': fastUri,
  'http-cache-semantics': httpCacheSemantics,
  'json-schema-traverse': jsonSchemaTraverse,
  opentelemetry: openTelemetry,
  preact,
  re2js,
  uplot,
  yaml,
  zod,
})
  .map(([name, text]) => `== ${name} ==\n\n${text.trim()}\n`)
  .join('\n');
