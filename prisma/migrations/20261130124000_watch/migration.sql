-- The audit log: every entry bears a seal under the master key, so that who can write rows cannot invent what happened.
-- Entries from before have none until the process that migrates has sealed them, once; from then on none is taken without.
ALTER TABLE "audit_entries" ADD COLUMN "mac" TEXT;

-- What the watch over the history found, so that each fault is told once, and how far it has come. Both bear a seal:
-- a row that somebody else wrote silences nothing and skips nothing.
CREATE TABLE "history_faults" (
    "event_id" TEXT NOT NULL,
    "fault" TEXT NOT NULL,
    "found_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "mac" TEXT NOT NULL,
    PRIMARY KEY ("event_id", "fault")
);
CREATE TRIGGER "history_faults_never_deleted" BEFORE DELETE OR TRUNCATE ON "history_faults"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TABLE "history_marks" (
    "scan" TEXT PRIMARY KEY,
    "seq" BIGINT NOT NULL,
    "mac" TEXT NOT NULL
);
