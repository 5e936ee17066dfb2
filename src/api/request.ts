/**
 * What one request asks for, as its extension describes it: attribute → value. An attribute with several values (a
 * multi-get's keys) fits a rule only if every value does; an attribute that is absent or an empty list fits no condition.
 *
 * Values are text: bytes are decoded as UTF-8, and a byte that is not part of valid UTF-8 becomes the lone surrogate
 * U+DC00 + byte, so that two different keys never become the same text.
 */
export type Request = Readonly<Record<string, string | readonly string[] | undefined>>;
