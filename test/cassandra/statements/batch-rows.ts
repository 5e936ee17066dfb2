import { NOT_UNDERSTOOD, type Row } from "./row.ts";

/** BEGIN BATCH … APPLY BATCH: a need for each child, in their order. */
export const BATCH_ROWS: readonly Row[] = [
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) APPLY BATCH", "batch: insert ks.t"],
  [
    "BEGIN BATCH INSERT INTO ks.t (a) VALUES (1); UPDATE u SET a = 1 WHERE k = 1; DELETE FROM x.y WHERE k = 1; APPLY BATCH;",
    "batch: insert ks.t; update .u; delete x.y",
  ],
  [
    "BEGIN BATCH INSERT INTO a (a) VALUES (1) INSERT INTO b (a) VALUES (1) INSERT INTO c (a) VALUES (1) APPLY BATCH",
    "batch: insert .a; insert .b; insert .c",
  ],
  [
    "BEGIN UNLOGGED BATCH UPDATE ks.t SET a = 1 WHERE k = 1 UPDATE ks.u SET a = 1 WHERE k = 1 APPLY BATCH",
    "batch: update ks.t; update ks.u",
  ],
  ["begin counter batch update ks.t set c = c + 1 where k = 1; apply batch", "batch: update ks.t"],
  [
    "BEGIN COUNTER BATCH UPDATE ks.t SET c += 1 WHERE k = 1 UPDATE ks.t SET c -= 1 WHERE k = 1 APPLY BATCH",
    "batch: update ks.t; update ks.t",
  ],
  ["BEGIN BATCH USING TIMESTAMP 5 DELETE FROM ks.t WHERE k = 1 APPLY BATCH", "batch: delete ks.t"],
  ["BEGIN UNLOGGED BATCH USING TIMESTAMP :ts AND TTL 4 DELETE FROM ks.t WHERE k = 1 APPLY BATCH", "batch: delete ks.t"],
  [
    "BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) IF NOT EXISTS UPDATE ks.u SET a = 1 WHERE k = 1 APPLY BATCH",
    "batch: insert,select ks.t; update ks.u",
  ],
  [
    "BEGIN BATCH UPDATE ks.t SET a = 1 WHERE k = 1; UPDATE ks.t SET a = 1 WHERE k = 1 IF a = 2 AND b = 3 DELETE FROM ks.t WHERE k = 2 IF EXISTS; APPLY BATCH",
    "batch: update ks.t; update,select ks.t; delete,select ks.t",
  ],
  [
    "BEGIN BATCH INSERT INTO ks.t JSON '{}' DEFAULT UNSET INSERT INTO u JSON ? IF NOT EXISTS USING TTL 5 DELETE a FROM v WHERE k = 1 APPLY BATCH",
    "batch: insert ks.t; insert,select .u; delete .v",
  ],
  [
    "BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) USING TTL 1 DELETE a, b['x'] FROM ks.u USING TIMESTAMP 3 WHERE k = 1 APPLY BATCH",
    "batch: insert ks.t; delete ks.u",
  ],
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES ('APPLY BATCH') APPLY BATCH", "batch: insert ks.t"],
  [
    "BEGIN BATCH INSERT INTO ks.t (a) VALUES (' ) APPLY BATCH; ') INSERT INTO evil.x (a) VALUES (1) APPLY BATCH",
    "batch: insert ks.t; insert evil.x",
  ],
  [
    "BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) /* APPLY BATCH */ INSERT INTO evil.x (a) VALUES (1) APPLY BATCH",
    "batch: insert ks.t; insert evil.x",
  ],
  [
    "BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) -- APPLY BATCH\nINSERT INTO evil.x (a) VALUES (1) APPLY BATCH",
    "batch: insert ks.t; insert evil.x",
  ],
  [
    "BEGIN BATCH INSERT INTO ks.t (a) VALUES ($$ APPLY BATCH $$); INSERT INTO evil.x (a) VALUES (1) APPLY BATCH",
    "batch: insert ks.t; insert evil.x",
  ],
  [
    'BEGIN BATCH UPDATE ks.t SET "INSERT INTO evil" = 1 WHERE "APPLY BATCH" = 2 DELETE FROM evil.x WHERE k = 1 APPLY BATCH',
    "batch: update ks.t; delete evil.x",
  ],
  [
    "BEGIN BATCH UPDATE ks.t SET a = 'x' WHERE k = 'INSERT INTO evil.x (a) VALUES (1)' APPLY BATCH",
    "batch: update ks.t",
  ],
  [
    "BEGIN BATCH UPDATE ks.t SET a = 1 WHERE k = (1)DELETE FROM evil.x WHERE k = [1]INSERT INTO evil.y(a)VALUES(1)APPLY BATCH",
    "batch: update ks.t; delete evil.x; insert evil.y",
  ],
  [
    "BEGIN BATCH UPDATE ks.t SET a = 1 WHERE k = 'x'DELETE FROM evil.x WHERE k = ?INSERT INTO evil.y (a) VALUES (1)APPLY BATCH",
    "batch: update ks.t; delete evil.x; insert evil.y",
  ],
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES (?) APPLY/**/BATCH;;", "batch: insert ks.t"],
  ["BEGIN BATCH UPDATE batch SET a = 1 WHERE k = 1 APPLY BATCH", NOT_UNDERSTOOD],

  // Nothing to judge it by: refused although harmless.
  ["BEGIN BATCH APPLY BATCH", NOT_UNDERSTOOD, "server accepts"],
  ["BEGIN UNLOGGED BATCH USING TIMESTAMP 5 APPLY BATCH", NOT_UNDERSTOOD, "server accepts"],

  ["BEGIN BATCH", NOT_UNDERSTOOD],
  ["BEGIN", NOT_UNDERSTOOD],
  ["APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES (1)", NOT_UNDERSTOOD],
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) APPLY", NOT_UNDERSTOOD],
  ["BEGIN BATCH; INSERT INTO ks.t (a) VALUES (1) APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES (1);; APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN BATCH SELECT * FROM ks.t APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) SELECT * FROM ks.t APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN BATCH TRUNCATE ks.t APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN BATCH USE ks APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN BATCH DROP TABLE ks.t APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN BATCH BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) APPLY BATCH APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN LOGGED BATCH INSERT INTO ks.t (a) VALUES (1) APPLY BATCH", NOT_UNDERSTOOD],
  ["BEGIN TRANSACTION INSERT INTO ks.t (a) VALUES (1); COMMIT TRANSACTION", NOT_UNDERSTOOD],
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) APPLY BATCH SELECT * FROM evil.x", NOT_UNDERSTOOD],
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) APPLY BATCH; DROP TABLE evil.x", NOT_UNDERSTOOD],
  ["BEGIN BATCH INSERT INTO ks.t (a) VALUES (1) COMMIT BATCH", NOT_UNDERSTOOD],
];
