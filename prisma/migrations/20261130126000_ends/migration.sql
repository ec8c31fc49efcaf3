-- Ends that stay: what is over is a row that is only ever added, under a seal; a flag beside it is a copy for lists.

-- Shared with the migration of the other seals: whichever runs first makes them.
CREATE TABLE IF NOT EXISTS "seals_pending" (
    "kind" TEXT PRIMARY KEY
);
CREATE TABLE IF NOT EXISTS "broken_seals" (
    "kind" TEXT NOT NULL,
    "row" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY ("kind", "row")
);

-- A seal is added once, to a row from before there were any, while its kind waits for that. Nothing else changes.
CREATE FUNCTION "refuse_unless_sealing"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."mac" IS NULL AND NEW."mac" IS NOT NULL AND to_jsonb(NEW) - 'mac' = to_jsonb(OLD) - 'mac'
       AND EXISTS (SELECT 1 FROM "seals_pending" p WHERE p."kind" = TG_ARGV[0]) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: UPDATE refused', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

-- A row's number was drawn before, or somebody could take that of the next one, and be the newest for ever.
CREATE FUNCTION "refuse_undrawn"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NEW."id" > coalesce(pg_sequence_last_value(pg_get_serial_sequence(quote_ident(TG_TABLE_NAME), 'id')::regclass), 0) THEN
        RAISE EXCEPTION '%: a number is drawn, not chosen', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Suspensions --------------------------------------------------------------------------------------------------------

-- One row for each time that an agent was suspended, retired (a suspension that nobody answers) or resumed. What was
-- created at or before "at" of a suspension is over, whatever came after. The agent may ask while a resumption with a seal
-- answers each suspension with one.
CREATE TABLE "agent_suspensions" (
    "id" BIGSERIAL PRIMARY KEY,
    "agent_uid" BIGINT NOT NULL REFERENCES "agents" ("uid"),
    "change" TEXT NOT NULL,
    -- The newest suspension that a resumption answers, and with it all before.
    "answers" BIGINT,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "reason" TEXT,
    "mac" TEXT,
    CONSTRAINT "agent_suspensions_change" CHECK ("change" IN ('suspended', 'resumed')),
    CONSTRAINT "agent_suspensions_answers" CHECK (("change" = 'resumed') = ("answers" IS NOT NULL))
);
CREATE INDEX "agent_suspensions_agent" ON "agent_suspensions" ("agent_uid", "at");

INSERT INTO "agent_suspensions" ("agent_uid", "change", "at", "actor_kind", "actor_id", "reason")
SELECT "uid", 'suspended', "not_before", 'system', 'writ', "suspend_reason" FROM "agents" WHERE "not_before" IS NOT NULL ORDER BY "uid";
INSERT INTO "agent_suspensions" ("agent_uid", "change", "answers", "at", "actor_kind", "actor_id")
SELECT a."uid", 'resumed', s."id", clock_timestamp(), 'system', 'writ'
FROM "agents" a JOIN "agent_suspensions" s ON s."agent_uid" = a."uid" WHERE NOT a."suspended" ORDER BY a."uid";

CREATE TRIGGER "agent_suspensions_drawn" BEFORE INSERT ON "agent_suspensions" FOR EACH ROW EXECUTE FUNCTION "refuse_undrawn"();
CREATE TRIGGER "agent_suspensions_come_to_pass" BEFORE INSERT ON "agent_suspensions" FOR EACH ROW
    WHEN (NEW."at" > clock_timestamp()) EXECUTE FUNCTION "refuse_change"('nobody is suspended ahead of time');
CREATE TRIGGER "agent_suspensions_only_sealed" BEFORE UPDATE ON "agent_suspensions"
    FOR EACH ROW EXECUTE FUNCTION "refuse_unless_sealing"('suspension');
CREATE TRIGGER "agent_suspensions_append_only" BEFORE DELETE OR TRUNCATE ON "agent_suspensions"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- An agent's row: its flags follow those rows, only forward, and who was retired stays so.
CREATE FUNCTION "refuse_agent_change"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."retired_at" IS NOT NULL THEN
        RAISE EXCEPTION 'agent %: who was retired stays so', OLD."uid" USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW."uid", NEW."id", NEW."created_at") IS DISTINCT FROM (OLD."uid", OLD."id", OLD."created_at") THEN
        RAISE EXCEPTION 'agent %: an agent never becomes another', OLD."uid" USING ERRCODE = 'check_violation';
    END IF;
    IF NEW."not_before" IS DISTINCT FROM OLD."not_before" AND (NEW."not_before" IS NULL OR NEW."not_before" < OLD."not_before"
       OR NOT EXISTS (SELECT 1 FROM "agent_suspensions" s
                      WHERE s."agent_uid" = OLD."uid" AND s."change" = 'suspended' AND s."at" = NEW."not_before")) THEN
        RAISE EXCEPTION 'agent %: what a suspension ended stays ended', OLD."uid" USING ERRCODE = 'check_violation';
    END IF;
    IF NEW."suspended" <> OLD."suspended" AND NEW."suspended" IS DISTINCT FROM
       (SELECT s."change" = 'suspended' FROM "agent_suspensions" s WHERE s."agent_uid" = OLD."uid" ORDER BY s."id" DESC LIMIT 1) THEN
        RAISE EXCEPTION 'agent %: suspended and resumed by a row of agent_suspensions', OLD."uid" USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "agents_only_advance" BEFORE UPDATE ON "agents" FOR EACH ROW EXECUTE FUNCTION "refuse_agent_change"();
CREATE TRIGGER "agents_never_deleted" BEFORE DELETE OR TRUNCATE ON "agents" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- Kill switches ------------------------------------------------------------------------------------------------------

-- A row for each time that one is thrown: moving a row on would break its seal, and with it what the row had ended.
ALTER TABLE "kill_switches" DROP CONSTRAINT "kill_switches_pkey", ADD COLUMN "id" BIGSERIAL PRIMARY KEY, ADD COLUMN "mac" TEXT;
-- What is cast to a number elsewhere is one: a row that somebody else wrote stops nobody's reading.
ALTER TABLE "kill_switches" ADD CONSTRAINT "kill_switches_task" CHECK ("kind" <> 'task' OR "subject" ~ '^[0-9]{1,18}/');
ALTER TABLE "revocations" ADD CONSTRAINT "revocations_subject" CHECK
    (("kind" <> 'agent' OR "subject" ~ '^[0-9]{1,18}$') AND ("kind" <> 'task' OR "subject" ~ '^[0-9]{1,18}/'));
CREATE INDEX "kill_switches_subject" ON "kill_switches" ("kind", "subject", "not_before");
DROP TRIGGER "kill_switches_only_advance" ON "kill_switches";
CREATE TRIGGER "kill_switches_drawn" BEFORE INSERT ON "kill_switches" FOR EACH ROW EXECUTE FUNCTION "refuse_undrawn"();
CREATE TRIGGER "kill_switches_only_sealed" BEFORE UPDATE ON "kill_switches"
    FOR EACH ROW EXECUTE FUNCTION "refuse_unless_sealing"('kill');
DROP TRIGGER "kill_switches_revoked" ON "kill_switches";
CREATE TRIGGER "kill_switches_revoked" AFTER INSERT ON "kill_switches" FOR EACH ROW
    WHEN (NEW."mac" IS NOT NULL) EXECUTE FUNCTION "revoke_of_kill"();

-- Reviews ------------------------------------------------------------------------------------------------------------

-- What a person said that lets something go on: after a restore, and after a use of break-glass. A row without a seal says
-- nothing, and the review is owed still; the columns beside what is reviewed are copies.
CREATE TABLE "reviews" (
    "id" BIGSERIAL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    -- An epoch's id, or an escalation's.
    "subject" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "by" TEXT NOT NULL,
    "verdict" TEXT,
    "note" TEXT,
    "mac" TEXT,
    CONSTRAINT "reviews_kind" CHECK ("kind" IN ('restore', 'break_glass')),
    CONSTRAINT "reviews_verdict" CHECK (("kind" = 'restore') = ("verdict" IS NOT NULL) AND "verdict" IN ('keep', 'end'))
);
CREATE INDEX "reviews_subject" ON "reviews" ("kind", "subject");

INSERT INTO "reviews" ("kind", "subject", "at", "by", "verdict", "note")
SELECT 'restore', "id"::text, "reviewed_at", "reviewed_by", "verdict", "note" FROM "restore_epochs" WHERE "reviewed_at" IS NOT NULL ORDER BY "id";
INSERT INTO "reviews" ("kind", "subject", "at", "by", "note")
SELECT 'break_glass', "escalation_id", "reviewed_at", "reviewed_by", "review_note" FROM "break_glass_uses"
WHERE "reviewed_at" IS NOT NULL ORDER BY "reviewed_at", "escalation_id";

CREATE TRIGGER "reviews_drawn" BEFORE INSERT ON "reviews" FOR EACH ROW EXECUTE FUNCTION "refuse_undrawn"();
CREATE TRIGGER "reviews_only_sealed" BEFORE UPDATE ON "reviews" FOR EACH ROW EXECUTE FUNCTION "refuse_unless_sealing"('review');
CREATE TRIGGER "reviews_append_only" BEFORE DELETE OR TRUNCATE ON "reviews" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- What stands is sealed once, by the first process that has the master key.
INSERT INTO "seals_pending" ("kind")
SELECT p."kind" FROM (SELECT 'suspension' AS "kind" WHERE EXISTS (SELECT 1 FROM "agent_suspensions")
    UNION ALL SELECT 'kill' WHERE EXISTS (SELECT 1 FROM "kill_switches")
    UNION ALL SELECT 'review' WHERE EXISTS (SELECT 1 FROM "reviews")) p
ON CONFLICT DO NOTHING;
CREATE TRIGGER "broken_seals_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "broken_seals"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- What is used, ended or removed once stays so ---------------------------------------------------------------------------

CREATE TRIGGER "sessions_only_end" BEFORE UPDATE ON "sessions" FOR EACH ROW
    WHEN (OLD."ended_at" IS DISTINCT FROM NEW."ended_at" AND OLD."ended_at" IS NOT NULL OR NEW."expires_at" > OLD."expires_at"
          OR (NEW."token_hash", NEW."id", NEW."person_id", NEW."created_at") IS DISTINCT FROM
             (OLD."token_hash", OLD."id", OLD."person_id", OLD."created_at"))
    EXECUTE FUNCTION "refuse_change"('a session ends, and once');
CREATE TRIGGER "sessions_never_deleted" BEFORE DELETE OR TRUNCATE ON "sessions" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

CREATE TRIGGER "login_codes_used_once" BEFORE UPDATE ON "login_codes" FOR EACH ROW
    WHEN (OLD."used_at" IS NOT NULL OR NEW."expires_at" > OLD."expires_at"
          OR (NEW."code_hash", NEW."person_id", NEW."opens") IS DISTINCT FROM (OLD."code_hash", OLD."person_id", OLD."opens"))
    EXECUTE FUNCTION "refuse_change"('a code is used, and once');
-- A new code of the account takes the place of the old one.
CREATE TRIGGER "slack_link_codes_used_once" BEFORE UPDATE ON "slack_link_codes" FOR EACH ROW
    WHEN ((NEW."team", NEW."user") IS DISTINCT FROM (OLD."team", OLD."user")
          OR NEW."code_hash" = OLD."code_hash" AND (OLD."used_at" IS NOT NULL OR NEW."expires_at" > OLD."expires_at"))
    EXECUTE FUNCTION "refuse_change"('a code is used, and once');
CREATE TRIGGER "webauthn_challenges_used_once" BEFORE UPDATE ON "webauthn_challenges" FOR EACH ROW
    WHEN (OLD."used_at" IS NOT NULL OR NEW."expires_at" > OLD."expires_at"
          OR (NEW."hash", NEW."purpose", NEW."person_id", NEW."bound") IS DISTINCT FROM (OLD."hash", OLD."purpose", OLD."person_id", OLD."bound"))
    EXECUTE FUNCTION "refuse_change"('a challenge is answered, and once');
CREATE TRIGGER "passkeys_never_count_back" BEFORE UPDATE ON "passkeys" FOR EACH ROW
    WHEN (NEW."counter" < OLD."counter") EXECUTE FUNCTION "refuse_change"('a counter never goes back');
CREATE TRIGGER "details_opened_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "details_opened"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- A sign of life is never later than it is, nor moved back.
CREATE TRIGGER "grant_heartbeats_only_advance" BEFORE INSERT OR UPDATE ON "grant_heartbeats" FOR EACH ROW
    WHEN (NEW."at" > clock_timestamp()) EXECUTE FUNCTION "refuse_change"('nobody is heard of ahead of time');
CREATE TRIGGER "grant_heartbeats_stay" BEFORE UPDATE ON "grant_heartbeats" FOR EACH ROW
    WHEN (NEW."grant_id" <> OLD."grant_id" OR NEW."at" < OLD."at") EXECUTE FUNCTION "refuse_change"('a sign of life stays');
CREATE TRIGGER "grant_heartbeats_never_deleted" BEFORE DELETE OR TRUNCATE ON "grant_heartbeats"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- What is remembered goes when its time is over, never sooner ---------------------------------------------------------------

CREATE TRIGGER "revocations_stay" BEFORE UPDATE OR TRUNCATE ON "revocations" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "revocations_until" BEFORE DELETE ON "revocations" FOR EACH ROW
    WHEN (OLD."until" > clock_timestamp()) EXECUTE FUNCTION "refuse_change"('what verifiers need still stays');
CREATE TRIGGER "status_entries_all_stay" BEFORE TRUNCATE ON "status_entries" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "status_entries_until" BEFORE DELETE ON "status_entries" FOR EACH ROW
    WHEN (OLD."until" > clock_timestamp()) EXECUTE FUNCTION "refuse_change"('what verifiers need still stays');
CREATE TRIGGER "status_lists_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "status_lists"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "assertion_uses_stay" BEFORE UPDATE OR TRUNCATE ON "assertion_uses" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
-- A process whose clock is behind accepts an assertion for so much longer.
CREATE TRIGGER "assertion_uses_until" BEFORE DELETE ON "assertion_uses" FOR EACH ROW
    WHEN (OLD."expires_at" > clock_timestamp() - interval '2 hours') EXECUTE FUNCTION "refuse_change"('an assertion is used once');
CREATE TRIGGER "idempotency_keys_stay" BEFORE UPDATE OR TRUNCATE ON "idempotency_keys" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
