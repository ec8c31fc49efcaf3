-- Lists of grants that page flat, and indexes that somebody reads. Each index is made unless it stands: with a large table
-- an operator makes them beforehand, CONCURRENTLY (CHANGELOG.md), and this migration locks nothing for long.

-- What a list names is the start of an index, and what follows is newest first: a page is the newest of a few runs.
CREATE INDEX IF NOT EXISTS "grants_status" ON "grants" ("status", "created_at" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "grants_agent_status" ON "grants" ("agent_uid", "status", "created_at" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "grants_kind" ON "grants" ("resource", "actions", "status", "created_at" DESC, "id" DESC);
CREATE INDEX IF NOT EXISTS "grants_agent_kind" ON "grants" ("agent_uid", "resource", "actions", "created_at" DESC, "id" DESC);
-- Retired agents bore an id too.
CREATE INDEX IF NOT EXISTS "agents_id" ON "agents" ("id");

-- Read by nobody now: each is the start of one above, or was of what the id of an agent finds.
DROP INDEX IF EXISTS "grants_newest", "grants_agent", "grants_agent_id", "grants_open_agent";

-- Nearly every token is no renewal, and needs no place in it.
DROP INDEX "tokens_renewed_once";
CREATE UNIQUE INDEX "tokens_renewed_once" ON "tokens" ("renewed_from") WHERE "renewed_from" IS NOT NULL;

-- Whose approvals a grant has, by the grant's creation: votes are older than their grant by as long as a request waits. It
-- finds rows and decides nothing; votes do. Grants that policy allowed have no row here.
CREATE TABLE "grant_approvers" (
    "person_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "grant_id" TEXT NOT NULL REFERENCES "grants" ("id"),
    PRIMARY KEY ("person_id", "created_at", "grant_id")
);
INSERT INTO "grant_approvers" SELECT DISTINCT v."person_id", g."created_at", g."id"
    FROM "votes" v JOIN "grants" g ON g."escalation_id" = v."escalation_id" WHERE v."verdict" = 'approve';
CREATE TRIGGER "grant_approvers_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "grant_approvers"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- At the commit, when the grant is there, and for whatever version of a process settles the votes.
CREATE FUNCTION "list_approvers"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "grant_approvers" SELECT v."person_id", g."created_at", g."id"
        FROM "grants" g JOIN "votes" v ON v."escalation_id" = g."escalation_id" AND v."verdict" = 'approve'
        WHERE g."escalation_id" = NEW."id" ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "escalations_approvers_listed" AFTER UPDATE ON "escalations" DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD."status" = 'pending' AND NEW."status" = 'approved') EXECUTE FUNCTION "list_approvers"();
