-- One seal for whatever decides: a MAC under a key that the database does not have. A row without one counts for nothing.

-- Kinds of which rows stand from before they were sealed: the next process with the master key seals them, once, and takes
-- the kind out. Filled by migrations alone.
CREATE TABLE "seals_pending" (
    "kind" TEXT PRIMARY KEY
);
INSERT INTO "seals_pending" ("kind")
    SELECT 'configuration' WHERE EXISTS (SELECT 1 FROM "config_versions")
    UNION ALL SELECT 'session' WHERE EXISTS (SELECT 1 FROM "sessions" WHERE "ended_at" IS NULL)
    UNION ALL SELECT 'passkey' WHERE EXISTS (SELECT 1 FROM "passkeys" WHERE "removed_at" IS NULL)
    UNION ALL SELECT 'slack_binding' WHERE EXISTS (SELECT 1 FROM "slack_bindings" WHERE "ended_at" IS NULL);

-- Rows whose seal was found missing or wrong, so that each is told once.
CREATE TABLE "broken_seals" (
    "kind" TEXT NOT NULL,
    "row" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY ("kind", "row")
);

-- Who there is stands in the applied configuration alone, under its seal: nothing decides from a row that anybody writes.
-- `people` and `group_members` stay for processes of the version before, which an upgrade stops one after the other; the
-- version after this one drops them.
ALTER TABLE "config_versions" ADD COLUMN "people" JSONB, ADD COLUMN "mac" TEXT;

-- A person has a uid: whoever comes back under the same id is somebody else.
ALTER TABLE "votes" ADD COLUMN "person_uid" TEXT;
DROP INDEX "votes_once";
-- With the seal: a row of another hand keeps nobody from voting.
CREATE UNIQUE INDEX "votes_once" ON "votes" ("escalation_id", "person_id", coalesce("person_uid", ''), "mac");

ALTER TABLE "sessions" ADD COLUMN "person_uid" TEXT, ADD COLUMN "mac" TEXT;
ALTER TABLE "login_codes" ADD COLUMN "person_uid" TEXT, ADD COLUMN "mac" TEXT;
ALTER TABLE "passkeys" ADD COLUMN "person_uid" TEXT, ADD COLUMN "mac" TEXT;
ALTER TABLE "slack_bindings" ADD COLUMN "person_uid" TEXT, ADD COLUMN "mac" TEXT;
