// pack.ts DIST FILE: what Vite built as C++ source: every file as it is and gzipped, for doors/http/console.h.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

// A string literal of any bytes. Octal escapes have three digits at most, so a digit after one is safe.
function literal(bytes: Buffer): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 4096) {
    let line = ''
    for (const byte of bytes.subarray(at, at + 4096)) {
      const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f
      line += plain ? String.fromCharCode(byte) : '\\' + byte.toString(8).padStart(3, '0')
    }
    lines.push(`"${line}"`)
  }
  return lines.join('\n') || '""'
}

const [dist, out] = process.argv.slice(2)
if (!dist || !out) throw new Error('pack.ts DIST FILE')
const names = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(dist.length + 1))
  .sort()

let source = '// Made by web/pack.ts.\n#include "doors/http/console.h"\n\nnamespace tarn::doors::http {\nnamespace {\n\n'
const rows: string[] = []
for (const [index, name] of names.entries()) {
  const type = types[extname(name)]
  if (!type) throw new Error(`${name}: pack.ts knows no content type for it`)
  const bytes = readFileSync(join(dist, name))
  const gzip = gzipSync(bytes, { level: 9 })
  source += `constexpr char kPlain${index}[] =\n${literal(bytes)};\nconstexpr char kGzip${index}[] =\n${literal(gzip)};\n`
  rows.push(`    {"/${name}", "${type}", {kPlain${index}, ${bytes.length}}, {kGzip${index}, ${gzip.length}}, ${name.startsWith('assets/')}},`)
}
source += `\nconstexpr ConsoleFile kFiles[] = {\n${rows.join('\n')}\n};\n\n}  // namespace\n\n`
source += 'std::span<const ConsoleFile> console_files() { return kFiles; }\n\n}  // namespace tarn::doors::http\n'
writeFileSync(out, source)
