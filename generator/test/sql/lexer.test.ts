import { tokenize } from "../../src/sql/lexer.ts";

test.each([
  ["a+-1", ["a", "+", "-", "1"]],
  ["a @-b =-c !=-1", ["a", "@-", "b", "=", "-", "c", "!=-", "1"]],
  ["1..2 .5e-3 1.e5 0xFF 1_000 $12", ["1", "..", "2", ".5e-3", "1.e5", "0xFF", "1_000", "$12"]],
  ["a::int x:=1", ["a", "::", "int", "x", ":=", "1"]],
  ["E'a\\'b' 'a\\' U&\"d\" e1 'it''s'", ["E'a\\'b'", "'a\\'", 'U&"d"', "e1", "'it''s'"]],
  ["'a' -- c\n 'b' 'c'", ["'a' -- c\n 'b'", "'c'"]],
  ["$a$ $b$ $$ $a$ $$;$$ a$1", ["$a$ $b$ $$ $a$", "$$;$$", "a$1"]],
  ["/* /* x */ ' */+/*y*/-- z\n<--", ["/* /* x */ ' */", "+", "/*y*/", "-- z", "<", "--"]],
  ['été "a""b" \'open', ["été", '"a""b"', "'open"]],
])("%s", (text, expected) => {
  expect(tokenize(text).map((token) => text.slice(token.start, token.end))).toEqual(expected);
});
