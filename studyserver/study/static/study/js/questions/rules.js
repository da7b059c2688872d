// Whether an answer meets a rule such as "yes, sometimes", ">= 5" or "18 to 30", as the server's rules.py decides it.

const COMPARE = {
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
  "=": (value, bound) => value === bound,
};

const isNumber = (text) => /^[-+]?\d+([.,]\d+)?$/.test(text);
const asNumber = (text) => Number(text.replace(",", "."));

/** A part of a rule. Values with a comma are quoted, and quotation marks within them are doubled. */
const PART = /\s*("(?:[^"]|"")*")\s*(?=,|$)|[^,]+/g;
const isQuoted = (part) => part.length > 1 && part.startsWith('"') && part.endsWith('"');

function holds(part, text) {
  const same = (value) => text.toLowerCase() === value.toLowerCase();
  if (isQuoted(part)) return same(part) || same(part.slice(1, -1).replaceAll('""', '"'));
  if (isNumber(text)) {
    const comparison = /^(<=|>=|<|>|=)\s*([-+]?[\d.]+)$/.exec(part);
    if (comparison) return COMPARE[comparison[1]](asNumber(text), Number(comparison[2]));
    const span = /^([-+]?[\d.]+)\s+to\s+([-+]?[\d.]+)$/.exec(part);
    if (span) return Number(span[1]) <= asNumber(text) && asNumber(text) <= Number(span[2]);
    if (isNumber(part)) return asNumber(text) === Number(part);
  }
  return same(part);
}

/** Whether one of the entered values meets one part of the rule. */
export function meets(rule, values) {
  const parts = [...rule.matchAll(PART)].map((found) => (found[1] ?? found[0]).trim()).filter(Boolean);
  return values.some((value) => value.trim() && parts.some((part) => holds(part, value.trim())));
}
