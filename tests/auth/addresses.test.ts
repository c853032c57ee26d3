import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addressAllowed, parseAddressRange } from "../../src/auth/addresses.ts";

describe("addresses and ranges", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7", true],
    ["203.0.113.8", "203.0.113.7", false],
    ["203.0.113.255", "203.0.113.0/24", true],
    ["203.0.114.0", "203.0.113.0/24", false],
    ["203.0.113.9", "203.0.113.200/24", true],
    ["10.255.255.255", "10.0.0.0/8", true],
    ["11.0.0.0", "10.0.0.0/8", false],
    ["198.51.100.1", "0.0.0.0/0", true],
    ["::1", "0.0.0.0/0", false],
    ["::1", "::/0", true],
    ["198.51.100.1", "::/0", false],
    ["2001:db8:0:0:0:0:0:1", "2001:db8::1", true],
    ["2001:DB8::ffff", "2001:db8::/112", true],
    ["2001:db8::1:0", "2001:db8::/112", false],
    ["::ffff:203.0.113.7", "203.0.113.0/24", true],
    ["203.0.113.7", "::ffff:203.0.113.7", true],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221", true],
    ["nonsense", "0.0.0.0/0", false],
    ["", "::/0", false],
  ])("%s in %s: %p", (address, range, allowed) => {
    expect(addressAllowed(address, [range])).toBe(allowed);
  });

  test.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4/33",
    "1.2.3.4/",
    "1.2.3.4/-1",
    "1.2.3.4/8/8",
    "::/129",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "12345::",
    "1.2.3.4::",
    "fe80::1%eth0",
    "localhost",
    " 1.2.3.4",
  ])("%p is none", (text) => {
    expect(parseAddressRange(text)).toBeNull();
  });

  test("an address is in every range made of its own first bits, and out of it with one of them flipped", () => {
    const bytes = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 32 }), (address, bits) => {
        const range = `${address.join(".")}/${bits}`;
        const flipped = Uint8Array.from(address);
        const byte = Math.floor((bits - 1) / 8);
        flipped[byte] = (flipped[byte] ?? 0) ^ (0x80 >> ((bits - 1) % 8));
        expect(addressAllowed(address.join("."), [range])).toBe(true);
        expect(addressAllowed(flipped.join("."), [range])).toBe(false);
      }),
    );
  });

  test("IPv6 written out and compressed are the same address", () => {
    const groups = fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff, 0xdb8), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, (parts) => {
        const full = parts.map((part) => part.toString(16).padStart(4, "0")).join(":");
        const short = new URL(`http://[${full}]/`).hostname.slice(1, -1);
        expect(addressAllowed(full, [short])).toBe(true);
      }),
    );
  });
});
