/** An address or a range of them: the first `bits` bits of `value` count. */
export interface AddressRange {
  readonly version: 4 | 6;
  readonly value: bigint;
  readonly bits: number;
}

/** Reads `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`; null for anything else. */
export function parseAddressRange(text: string): AddressRange | null {
  const [head = "", tail, ...more] = text.split("/");
  if (more.length > 0) return null;
  const address = parseAddress(head);
  if (address === null) return null;
  const width = address.version === 4 ? 32 : 128;
  if (tail === undefined) return { ...address, bits: width };
  if (!/^(0|[1-9]\d{0,2})$/.test(tail) || Number(tail) > width) return null;
  return { ...address, bits: Number(tail) };
}

/** True when the address lies in one of the ranges. False for an address that cannot be read. */
export function addressAllowed(address: string, ranges: readonly string[]): boolean {
  const at = parseAddress(address);
  if (at === null) return false;
  return ranges.some((text) => {
    const range = parseAddressRange(text);
    if (range === null || range.version !== at.version) return false;
    const rest = BigInt((range.version === 4 ? 32 : 128) - range.bits);
    return at.value >> rest === range.value >> rest;
  });
}

const mapped = 0xffffn; // ::ffff:0:0/96: an IPv4 client as an IPv6 socket sees it

function parseAddress(text: string): Omit<AddressRange, "bits"> | null {
  if (!text.includes(":")) {
    const value = parseV4(text);
    return value === null ? null : { version: 4, value };
  }
  const value = parseV6(text);
  if (value === null) return null;
  if (value >> 32n === mapped) return { version: 4, value: value & 0xffff_ffffn };
  return { version: 6, value };
}

function parseV4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    value = value * 256n + BigInt(part);
  }
  return value;
}

function parseV6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2 || (halves.length === 2 && halves[0]?.includes("."))) return null;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : groupsOf(half)));
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => value * 65_536n + BigInt(group), 0n);
}

/** 16-bit groups; a trailing IPv4 address stands for two. */
function groupsOf(text: string): number[] | null {
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const v4 = i === parts.length - 1 ? parseV4(part) : null;
      if (v4 === null) return null;
      groups.push(Number(v4 >> 16n), Number(v4 & 0xffffn));
    }
  }
  return groups;
}
