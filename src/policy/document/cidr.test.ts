import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Networks: each input with all that is said of it.
problemTable([
  [
    within(
      "{fromCIDR: [10.0.0.0/8, 10.1.2.3, '2001:db8::/32', '::1', 0.0.0.0/0, '::/0', '::ffff:10.0.0.0/104', '::ffff:10.0.0.1']}",
    ),
    [],
  ],
  [
    within("{fromCIDR: [10.1.2.3/8, '2001:db8::1/32', '::ffff:10.1.2.3/104']}"),
    [
      "warning 6:25 `10.1.2.3/8` has bits set behind its length: `10.0.0.0/8` is enforced (write that, or `10.1.2.3/32` for the one address)",
      "warning 6:37 `2001:db8::1/32` has bits set behind its length: `2001:db8::/32` is enforced (write that, or `2001:db8::1/128` for the one address)",
      "warning 6:55 `::ffff:10.1.2.3/104` has bits set behind its length: `10.0.0.0/8` is enforced (write that, or `10.1.2.3/32` for the one address)",
    ],
  ],
  [
    within("{fromCIDR: ['::ffff:10.0.0.0/90']}"),
    [
      "error 6:25 `::ffff:10.0.0.0/90` is not a network of IPv4 addresses, although it begins like one (give at least /96, or write the IPv4 network)",
    ],
  ],
  [
    within(
      "{fromCIDR: [10.0.0/8, 10.0.0.0/33, 10.0.0.0/255.0.0.0, 10.0.0.0/, 'fe80::1%eth0', 'fe80::/129', 010.0.0.1, host, '']}",
    ),
    [
      "error 6:25 `10.0.0/8` is not a network (write an address and a length, for example 10.0.0.0/8 or 2001:db8::/32)",
      "error 6:35 `10.0.0.0/33` is not a network (the length is a decimal number from 0 to 32, not a mask)",
      "error 6:48 `10.0.0.0/255.0.0.0` is not a network (the length is a decimal number from 0 to 32, not a mask)",
      "error 6:68 `10.0.0.0/` is not a network (the length is a decimal number from 0 to 32, not a mask)",
      "error 6:79 `fe80::1%eth0` is not a network (write an address and a length, for example 10.0.0.0/8 or 2001:db8::/32)",
      "error 6:95 `fe80::/129` is not a network (the length is a decimal number from 0 to 128)",
      "error 6:109 `010.0.0.1` is not a network (write an address and a length, for example 10.0.0.0/8 or 2001:db8::/32)",
      "error 6:120 `host` is not a network (write an address and a length, for example 10.0.0.0/8 or 2001:db8::/32)",
      "error 6:126 `` is not a network (write an address and a length, for example 10.0.0.0/8 or 2001:db8::/32)",
    ],
  ],
  [
    within("{fromCIDR: [5, 1.5, ~, {cidr: 10.0.0.0/8}]}"),
    [
      'error 6:25 a network must be text, not the number `5` (quote it: "5")',
      'error 6:28 a network must be text, not the number `1.5` (quote it: "1.5")',
      "error 6:33 a network is empty (write it as 10.0.0.0/8 or 2001:db8::/32)",
      "error 6:36 a network must be text, not a mapping",
    ],
  ],
  [within("{fromCIDR: }"), ["error 6:14 `fromCIDR` is empty (list networks, for example `[10.0.0.0/8]`)"]],
  [
    within("{fromCIDR: []}"),
    [
      "warning 6:14 `fromCIDR: []` selects no peer, so this item allows nothing (list networks, for example `[10.0.0.0/8]`)",
    ],
  ],
  [
    within("{fromCIDR: 10.0.0.0/8}"),
    ["error 6:24 `fromCIDR` must be a list, not text (list networks, for example `[10.0.0.0/8]`)"],
  ],
  [within("{fromCIDR: [10.0.0.0/8], toPorts: [{ports: [{port: '80'}]}]}"), []],
  [
    within(
      "{fromCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16, '::ffff:10.2.0.0/112']}, {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}, {cidr: 10.0.0.0/8, except: []}]}",
    ),
    [],
  ],
  [
    within(
      "{fromCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/8, 10.0.0.0/7, '::1/128', 10.1.2.3, 10.1.2.3/16, 10.0.0.0/8]}]}",
    ),
    [
      "error 6:56 `11.0.0.0/8` is not inside `10.0.0.0/8` (except only what `cidr` names)",
      "error 6:68 `10.0.0.0/7` is not inside `10.0.0.0/8` (except only what `cidr` names)",
      "error 6:80 `::1/128` is not inside `10.0.0.0/8` (except only what `cidr` names)",
      "error 6:91 `10.1.2.3` has no length (write `10.1.2.3/32`)",
      "warning 6:101 `10.1.2.3/16` has bits set behind its length: `10.1.0.0/16` is enforced (write that, or `10.1.2.3/32` for the one address)",
      "warning 6:114 all of `10.0.0.0/8` is excepted: nobody is left (remove one)",
    ],
  ],
  [
    within(
      "{fromCIDRSet: [{cidr: 10.0.0.1}, {}, {cidr: }, {cidr: 10.0.0.0/8, except: }, {cidr: 10.0.0.0/8, excpt: []}, 10.0.0.0/8, {except: [10.0.0.0/8]}]}",
    ),
    [
      "error 6:35 `10.0.0.1` has no length (write `10.0.0.1/32`)",
      "error 6:46 `cidr` is missing (write `{cidr: 10.0.0.0/8, except: […]}`)",
      "error 6:51 a network is empty (write it as 10.0.0.0/8 or 2001:db8::/32)",
      "error 6:79 `except` is empty (remove it to except nothing)",
      "error 6:109 unknown key `excpt` (did you mean `except`?)",
      "error 6:121 an item of a list of networks must be a mapping, not text (write `{cidr: 10.0.0.0/8, except: […]}`)",
      "error 6:133 `cidr` is missing (write `{cidr: 10.0.0.0/8, except: […]}`)",
    ],
  ],
  [
    within("{fromCIDRSet: []}"),
    [
      "warning 6:14 `fromCIDRSet: []` selects no peer, so this item allows nothing (list networks, for example `[{cidr: 10.0.0.0/8}]`)",
    ],
  ],
]);

function within(text: string): string {
  return documentOf(`spec:\n  endpointSelector: {}\n  ingress: [${text}]`);
}
