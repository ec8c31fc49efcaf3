-- Ends: every grant ends, on time, everywhere, whatever breaks.

-- Revocation feed: what ended before its time, for verifiers -----------------------------------------------------------

-- Written by the triggers below, so that no way of ending something can forget it. A sequence number may commit after a
-- higher one: readers ask by snapshot ("txid"), never by "seq".
CREATE TABLE "revocations" (
    "seq" BIGSERIAL PRIMARY KEY,
    "txid" XID8 NOT NULL DEFAULT pg_current_xact_id(),
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "kind" TEXT NOT NULL CHECK ("kind" IN ('grant', 'agent', 'task', 'approver', 'key', 'restore')),
    -- A grant's id, an agent's uid, agent uid and task, a person, a kid.
    "subject" TEXT NOT NULL,
    -- Tokens of the subject that were minted at or before this count no more.
    "not_before" TIMESTAMPTZ(6) NOT NULL,
    -- The tokens of an ended grant; null where a whole subject is meant.
    "jtis" TEXT[],
    -- The one resource concerned; null for any.
    "audience" TEXT,
    -- When the last token concerned has run out by itself: then nobody needs the row.
    "until" TIMESTAMPTZ(6) NOT NULL
);
CREATE INDEX "revocations_order" ON "revocations" ("txid", "seq");
CREATE INDEX "revocations_until" ON "revocations" ("until");

CREATE FUNCTION "tell_of_revocations"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    -- Delivered at the commit, once, whatever the number of rows.
    PERFORM pg_notify('writ_changed', 'revocations');
    RETURN NULL;
END $$;
CREATE TRIGGER "revocations_told" AFTER INSERT ON "revocations" FOR EACH STATEMENT EXECUTE FUNCTION "tell_of_revocations"();

CREATE FUNCTION "revoke_ended_tokens"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    -- A statement that inserts nothing would tell all the same.
    IF EXISTS (SELECT 1 FROM after_end WHERE "ended_at" IS NOT NULL AND "expires_at" > clock_timestamp()) THEN
        INSERT INTO "revocations" ("kind", "subject", "not_before", "jtis", "audience", "until")
        SELECT 'grant', t."grant_id", max(t."ended_at"), array_agg(t."jti"), g."resource", max(t."expires_at")
        FROM after_end t JOIN before_end b ON b."jti" = t."jti" AND b."ended_at" IS NULL JOIN "grants" g ON g."id" = t."grant_id"
        WHERE t."ended_at" IS NOT NULL AND t."expires_at" > clock_timestamp()
        GROUP BY t."grant_id", g."resource";
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "tokens_revoked" AFTER UPDATE ON "tokens" REFERENCING OLD TABLE AS before_end NEW TABLE AS after_end
    FOR EACH STATEMENT EXECUTE FUNCTION "revoke_ended_tokens"();

-- A token that is used up counts no more, though its grant goes on until it is completed.
CREATE FUNCTION "revoke_used_up"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "revocations" ("kind", "subject", "not_before", "jtis", "audience", "until")
    SELECT 'grant', NEW."id", clock_timestamp(), array_agg(t."jti"), NEW."resource", max(t."expires_at")
    FROM "tokens" t WHERE t."grant_id" = NEW."id" AND t."ended_at" IS NULL AND t."expires_at" > clock_timestamp()
    HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER "grants_used_up" AFTER UPDATE OF "uses" ON "grants" FOR EACH ROW
    WHEN (NEW."uses" > OLD."uses" AND NEW."uses" >= NEW."max_uses") EXECUTE FUNCTION "revoke_used_up"();

-- No token lives longer than an hour (the largest ttl that can be asked).
CREATE FUNCTION "revoke_of_agent"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "revocations" ("kind", "subject", "not_before", "until")
    VALUES ('agent', NEW."uid"::text, NEW."not_before", NEW."not_before" + interval '1 hour');
    RETURN NULL;
END $$;
CREATE TRIGGER "agents_revoked" AFTER UPDATE ON "agents" FOR EACH ROW
    WHEN (NEW."not_before" IS DISTINCT FROM OLD."not_before" AND NEW."not_before" IS NOT NULL) EXECUTE FUNCTION "revoke_of_agent"();

CREATE FUNCTION "revoke_of_key"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "revocations" ("kind", "subject", "not_before", "until")
    VALUES ('key', NEW."kid", NEW."compromised_at", NEW."compromised_at" + interval '1 hour');
    RETURN NULL;
END $$;
CREATE TRIGGER "signing_keys_revoked" AFTER UPDATE ON "signing_keys" FOR EACH ROW
    WHEN (NEW."compromised_at" IS NOT NULL AND OLD."compromised_at" IS NULL) EXECUTE FUNCTION "revoke_of_key"();

-- One row ends everything that a task was given, or everything that a person approved, up to "not_before". Agents and
-- keys have such an instant in rows of their own.
CREATE TABLE "kill_switches" (
    "kind" TEXT NOT NULL CHECK ("kind" IN ('task', 'approver')),
    -- A task: agent uid, '/', task id. An approver: the person.
    "subject" TEXT NOT NULL,
    "not_before" TIMESTAMPTZ(6) NOT NULL,
    PRIMARY KEY ("kind", "subject")
);
CREATE INDEX "kill_switches_newest" ON "kill_switches" ("not_before");
CREATE INDEX "escalations_task" ON "escalations" ("agent_uid", "task_id");

CREATE TRIGGER "kill_switches_only_advance" BEFORE UPDATE ON "kill_switches" FOR EACH ROW
    WHEN ((NEW."kind", NEW."subject") IS DISTINCT FROM (OLD."kind", OLD."subject") OR NEW."not_before" < OLD."not_before")
    EXECUTE FUNCTION "refuse_change"('what was ended stays ended');
CREATE TRIGGER "kill_switches_never_deleted" BEFORE DELETE OR TRUNCATE ON "kill_switches"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

CREATE FUNCTION "revoke_of_kill"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "revocations" ("kind", "subject", "not_before", "until")
    VALUES (NEW."kind", NEW."subject", NEW."not_before", NEW."not_before" + interval '1 hour');
    RETURN NULL;
END $$;
CREATE TRIGGER "kill_switches_revoked" AFTER INSERT OR UPDATE ON "kill_switches" FOR EACH ROW EXECUTE FUNCTION "revoke_of_kill"();

-- Token Status List: a place for each token, drawn at random so that a place tells nothing ------------------------------

CREATE TABLE "status_lists" (
    "n" SERIAL PRIMARY KEY,
    "size" INTEGER NOT NULL CHECK ("size" > 0 AND "size" % 8 = 0),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE "status_entries" (
    "list" INTEGER NOT NULL REFERENCES "status_lists" ("n"),
    "idx" INTEGER NOT NULL CHECK ("idx" >= 0),
    "jti" TEXT NOT NULL,
    "until" TIMESTAMPTZ(6) NOT NULL,
    PRIMARY KEY ("list", "idx")
);
CREATE UNIQUE INDEX "status_entries_token" ON "status_entries" ("jti");
CREATE INDEX "status_entries_living" ON "status_entries" ("list", "until");
CREATE TRIGGER "status_entries_stay" BEFORE UPDATE ON "status_entries" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- Life: heartbeats and renewal -------------------------------------------------------------------------------------------

-- How often the agent must show a sign of life, from the actions that were granted; null: never. Sealed with the grant.
ALTER TABLE "grants" ADD COLUMN "heartbeat_seconds" INTEGER,
    ADD CONSTRAINT "grants_heartbeat" CHECK ("heartbeat_seconds" BETWEEN 5 AND 3600);
-- The few that the sweeper asks about.
CREATE INDEX "grants_heard" ON "grants" ("id") WHERE "status" = 'active' AND "heartbeat_seconds" IS NOT NULL;

CREATE TRIGGER "grants_heartbeat_stays" BEFORE UPDATE ON "grants" FOR EACH ROW
    WHEN (OLD."heartbeat_seconds" IS DISTINCT FROM NEW."heartbeat_seconds")
    EXECUTE FUNCTION "refuse_change"('how often it must be heard of never changes');

-- The last sign of life. Beside the grant and not in it: it is no change that a card would show or a history tell.
CREATE TABLE "grant_heartbeats" (
    "grant_id" TEXT PRIMARY KEY REFERENCES "grants" ("id"),
    "at" TIMESTAMPTZ(6) NOT NULL
);

-- The token that this one took the place of.
ALTER TABLE "tokens" ADD COLUMN "renewed_from" TEXT REFERENCES "tokens" ("jti");
CREATE UNIQUE INDEX "tokens_renewed_once" ON "tokens" ("renewed_from");

CREATE TRIGGER "tokens_lineage_stays" BEFORE UPDATE ON "tokens" FOR EACH ROW
    WHEN (OLD."renewed_from" IS DISTINCT FROM NEW."renewed_from")
    EXECUTE FUNCTION "refuse_change"('what it renewed never changes');

-- Traces: where in a trace each escalation was asked for, so that its decision, token and uses are told in the same one -------

CREATE TABLE "escalation_traces" (
    "escalation_id" TEXT PRIMARY KEY REFERENCES "escalations" ("id"),
    "trace_id" TEXT NOT NULL,
    "span_id" TEXT NOT NULL,
    CONSTRAINT "escalation_traces_form" CHECK ("trace_id" ~ '^[0-9a-f]{32}$' AND "span_id" ~ '^[0-9a-f]{16}$')
);

-- Dead letters: one unresolved letter a job -------------------------------------------------------------------------------

CREATE UNIQUE INDEX "dead_letters_unresolved" ON "dead_letters" ("job_id") WHERE "resolved_at" IS NULL;

-- Restores: how much of the past is to be believed ------------------------------------------------------------------------

-- One row for each time that the database was put back to an earlier state. Until somebody has reviewed it nothing is
-- minted and no token counts; a verdict `end` ends every grant from before it.
CREATE TABLE "restore_epochs" (
    "id" BIGSERIAL PRIMARY KEY,
    "declared_at" TIMESTAMPTZ(6) NOT NULL,
    "declared_by" TEXT NOT NULL,
    -- Somebody said so, or a broker missed what it had seen.
    "cause" TEXT NOT NULL CHECK ("cause" IN ('declared', 'detected')),
    "reviewed_at" TIMESTAMPTZ(6),
    "reviewed_by" TEXT,
    "verdict" TEXT CHECK ("verdict" IN ('keep', 'end')),
    "note" TEXT,
    CONSTRAINT "restore_epochs_review" CHECK (("reviewed_at" IS NULL) = ("reviewed_by" IS NULL)
        AND ("reviewed_at" IS NULL) = ("verdict" IS NULL) AND ("reviewed_at" IS NOT NULL OR "note" IS NULL))
);
CREATE UNIQUE INDEX "restore_epochs_open" ON "restore_epochs" ((TRUE)) WHERE "reviewed_at" IS NULL;
CREATE INDEX "restore_epochs_ending" ON "restore_epochs" ("declared_at") WHERE "verdict" = 'end';

-- Another restore before the review of the first moves the instant on.
CREATE TRIGGER "restore_epochs_reviewed_once" BEFORE UPDATE ON "restore_epochs" FOR EACH ROW
    WHEN (OLD."reviewed_at" IS NOT NULL OR NEW."declared_at" < OLD."declared_at"
          OR (NEW."id", NEW."declared_by", NEW."cause") IS DISTINCT FROM (OLD."id", OLD."declared_by", OLD."cause"))
    EXECUTE FUNCTION "refuse_change"('it is reviewed, and once');
CREATE TRIGGER "restore_epochs_never_deleted" BEFORE DELETE OR TRUNCATE ON "restore_epochs"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- Verifiers that follow the feed ask about what was minted before, instead of believing it.
CREATE FUNCTION "revoke_of_restore"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "revocations" ("kind", "subject", "not_before", "until")
    VALUES ('restore', NEW."id"::text, NEW."declared_at", NEW."declared_at" + interval '1 hour');
    RETURN NULL;
END $$;
CREATE TRIGGER "restore_epochs_revoked" AFTER INSERT OR UPDATE OF "declared_at" ON "restore_epochs"
    FOR EACH ROW EXECUTE FUNCTION "revoke_of_restore"();

-- Outbox: handed over is not done ------------------------------------------------------------------------------------------

-- Since when nobody need ask after the row's job: it has run, it is a dead letter, or a sweeper would do its work.
ALTER TABLE "outbox" ADD COLUMN "done_at" TIMESTAMPTZ(6);
UPDATE "outbox" SET "done_at" = "dispatched_at";
CREATE INDEX "outbox_undone" ON "outbox" ("dispatched_at") WHERE "dispatched_at" IS NOT NULL AND "done_at" IS NULL;

-- Work handed on: the grants above a grant ---------------------------------------------------------------------------------

-- Ids of the grants that the work was handed on from, the nearest first; null: none. Sealed with the request and the grant.
ALTER TABLE "escalations" ADD COLUMN "parents" TEXT[],
    ADD CONSTRAINT "escalations_parents" CHECK (cardinality("parents") BETWEEN 1 AND 5);
ALTER TABLE "grants" ADD COLUMN "parents" TEXT[],
    ADD CONSTRAINT "grants_parents" CHECK (cardinality("parents") BETWEEN 1 AND 5);
-- What ends with a grant.
CREATE INDEX "grants_under" ON "grants" USING gin ("parents") WHERE "parents" IS NOT NULL AND "status" IN ('ready', 'active');
-- The few that the sweeper asks about.
CREATE INDEX "grants_handed_on" ON "grants" ("id") WHERE "parents" IS NOT NULL AND "status" IN ('ready', 'active');
CREATE INDEX "escalations_handed_on" ON "escalations" ("id") WHERE "parents" IS NOT NULL AND "status" = 'pending';

CREATE TRIGGER "escalations_parents_stay" BEFORE UPDATE ON "escalations" FOR EACH ROW
    WHEN (OLD."parents" IS DISTINCT FROM NEW."parents") EXECUTE FUNCTION "refuse_change"('from whom the work came never changes');
CREATE TRIGGER "grants_parents_stay" BEFORE UPDATE ON "grants" FOR EACH ROW
    WHEN (OLD."parents" IS DISTINCT FROM NEW."parents") EXECUTE FUNCTION "refuse_change"('from whom the work came never changes');
