import assert from "node:assert/strict";
import { SocketAddress } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { formatSocketAddress, IpAddress, parseAddress, parseSocketAddress } from "./address.ts";

const CANONICAL: readonly [string, string][] = [
  ["127.0.0.1", "127.0.0.1"],
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["::", "::"],
  ["::1", "::1"],
  ["2001:DB8::1", "2001:db8::1"],
  ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::1.2.3.4", "::102:304"],
  ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
  ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["::FFFF:a01:203", "10.1.2.3"],
  ["0:0:0:0:0:ffff:10.1.2.3", "10.1.2.3"],
];

const REFUSED = [
  ..."|1|1.2.3|1.2.3.4.5|256.1.1.1|01.2.3.4|1.2.3.4 | 1.2.3.4|1.2.3.-4|0x7f.0.0.1|1.2.3.4/8".split("|"),
  ..."1:2:3|1:2:3:4:5:6:7:8:9|1:2:3:4:5:6:7:8::|::1::|:::|:|:1:2:3:4:5:6:7|1:2:3:4:5:6:7:|12345::|g::".split("|"),
  ..."fe80::1%eth0|[::1]|1.2.3.4::|::1.2.3.4:5|::1.2.3|::01.2.3.4|1:2:3:4:5:6:7:1.2.3.4".split("|"),
  `${"0".repeat(50)}::`,
];

test("addresses have one canonical text", () => {
  for (const [text, canonical] of CANONICAL) {
    assert.equal(parseAddress(text)?.toString(), canonical, text);
    assert.equal(parseAddress(canonical)?.toString(), canonical);
  }
});

test("what is no address is refused", () => {
  for (const text of REFUSED) assert.equal(parseAddress(text), undefined, JSON.stringify(text));
});

test("mapped addresses are IPv4, however they are made", () => {
  const mapped = new IpAddress(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1]));
  assert.equal(mapped.family, 4);
  assert.ok(mapped.equals(parseAddress("10.0.0.1") as IpAddress));
  assert.ok(!mapped.equals(parseAddress("10.0.0.2") as IpAddress));
  assert.throws(() => new IpAddress(new Uint8Array(5)), RangeError);
});

test("the bytes given to an address are copied", () => {
  const bytes = Uint8Array.from([10, 0, 0, 1]);
  const address = new IpAddress(bytes);
  bytes[3] = 9;
  assert.equal(address.toString(), "10.0.0.1");
});

test("socket addresses", () => {
  const read = (text: string): string | undefined => {
    const parsed = parseSocketAddress(text);
    return parsed && formatSocketAddress(parsed.address, parsed.port);
  };
  assert.equal(read("127.0.0.1:11211"), "127.0.0.1:11211");
  assert.equal(read("127.0.0.1:0"), "127.0.0.1:0");
  assert.equal(read("[0:0::1]:65535"), "[::1]:65535");
  assert.equal(read("[::ffff:1.2.3.4]:80"), "1.2.3.4:80");
  for (const text of [
    ..."|:|:80|1.2.3.4|1.2.3.4:|1.2.3.4:65536|1.2.3.4:080|1.2.3.4:-1|1.2.3.4:8e1|[1.2.3.4]:80".split("|"),
    ..."::1:80|[::1]|[::1]80|[::1]:|[::1:80|::1]:80|[fe80::1%lo]:80|localhost:80|[[::1]]:80".split("|"),
  ]) {
    assert.equal(read(text), undefined, JSON.stringify(text));
  }
});

test("any bytes survive their text, and Node reads and writes the same text", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(bytes, (value) => {
      const address = new IpAddress(value);
      const text = address.toString();
      assert.ok(parseAddress(text)?.equals(address), text);
      const node = new SocketAddress({ address: text, family: address.family === 4 ? "ipv4" : "ipv6" });
      assert.ok(parseAddress(node.address)?.equals(address), `${text} against ${node.address}`);
    }),
  );
});

test("any text is read or refused, never thrown at", () => {
  const characters = fc.constantFrom(..."0123456789abcdf:.[]%/".split(""));
  fc.assert(
    fc.property(fc.string({ unit: characters, maxLength: 50 }), (text) => {
      const address = parseAddress(text);
      if (address) assert.ok(parseAddress(address.toString())?.equals(address));
      parseSocketAddress(text);
    }),
  );
});
