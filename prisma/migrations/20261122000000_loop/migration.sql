-- Writ's tables. PostgreSQL is the only authority: what a row may become is refused or allowed here, never by a queue.
--
--  escalation   (requested) -> pending --voted--> pending
--                              pending --approved--> approved     (allowed) -> approved
--                              pending --denied-->   denied#      (refused) -> denied#
--                              pending --cancelled-> cancelled#
--                              pending --lapsed-->   lapsed#
--
--  grant        (issued) -> ready --activated--> active --used--> active
--                           ready  --completed | revoked | expired--> #
--                           active --completed | revoked | expired--> #
--
--  # absorbs: no column of the row changes again.

-- Configuration ------------------------------------------------------------------------------------------------------

CREATE TABLE "config_versions" (
    "seq" BIGSERIAL PRIMARY KEY,
    "sha256" TEXT NOT NULL,
    "catalog" JSONB NOT NULL,
    "policies" JSONB NOT NULL,
    "policy_version" TEXT NOT NULL,
    "applied_by" TEXT NOT NULL,
    "applied_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE "agents" (
    "uid" BIGSERIAL PRIMARY KEY,
    "id" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "suspended" BOOLEAN NOT NULL DEFAULT FALSE,
    "suspend_reason" TEXT,
    -- Whatever was created or minted at or before this instant is over. Never cleared.
    "not_before" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "retired_at" TIMESTAMPTZ(6)
);
CREATE UNIQUE INDEX "agents_living_id" ON "agents" ("id") WHERE "retired_at" IS NULL;

CREATE TABLE "people" (
    "id" TEXT PRIMARY KEY,
    "roles" TEXT[] NOT NULL,
    "retired_at" TIMESTAMPTZ(6)
);

CREATE TABLE "group_members" (
    "group_id" TEXT NOT NULL,
    "member_id" TEXT NOT NULL,
    PRIMARY KEY ("group_id", "member_id")
);
CREATE INDEX "group_members_member" ON "group_members" ("member_id");

-- Escalations --------------------------------------------------------------------------------------------------------

CREATE TABLE "escalation_transitions" (
    "from_status" TEXT NOT NULL,
    "change" TEXT NOT NULL,
    "to_status" TEXT NOT NULL,
    PRIMARY KEY ("from_status", "change")
);
INSERT INTO "escalation_transitions" VALUES
    ('', 'requested', 'pending'),
    ('', 'allowed', 'approved'),
    ('', 'refused', 'denied'),
    ('pending', 'voted', 'pending'),
    ('pending', 'approved', 'approved'),
    ('pending', 'denied', 'denied'),
    ('pending', 'cancelled', 'cancelled'),
    ('pending', 'lapsed', 'lapsed');

CREATE TABLE "escalations" (
    "id" TEXT PRIMARY KEY,
    "agent_uid" BIGINT NOT NULL REFERENCES "agents" ("uid"),
    "agent_id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "last_change" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "digest" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "task_id" TEXT NOT NULL,
    "risk" TEXT NOT NULL,
    "policy_version" TEXT NOT NULL,
    "policy" JSONB NOT NULL,
    "policy_mac" TEXT NOT NULL,
    "deferral_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "deadline" TIMESTAMPTZ(6) NOT NULL,
    "decided_at" TIMESTAMPTZ(6),
    "denial" JSONB,
    "granted" JSONB,
    "grant_digest" TEXT,
    CONSTRAINT "escalations_status" CHECK ("status" IN ('pending', 'approved', 'denied', 'cancelled', 'lapsed')),
    CONSTRAINT "escalations_risk" CHECK ("risk" IN ('low', 'medium', 'high')),
    CONSTRAINT "escalations_denial" CHECK (("status" = 'denied') = ("denial" IS NOT NULL)),
    CONSTRAINT "escalations_granted" CHECK (("status" = 'approved') = ("granted" IS NOT NULL AND "grant_digest" IS NOT NULL)),
    CONSTRAINT "escalations_decided" CHECK (("status" = 'pending') = ("decided_at" IS NULL))
);
CREATE UNIQUE INDEX "escalations_deferral_hash" ON "escalations" ("deferral_hash");
CREATE INDEX "escalations_agent" ON "escalations" ("agent_uid", "created_at" DESC, "id" DESC);
CREATE INDEX "escalations_overdue" ON "escalations" ("deadline") WHERE "status" = 'pending';
CREATE INDEX "escalations_denied" ON "escalations" ("agent_uid", "decided_at") WHERE "status" = 'denied';
CREATE INDEX "escalations_pending_agent" ON "escalations" ("agent_uid") WHERE "status" = 'pending';

CREATE TABLE "votes" (
    "id" TEXT PRIMARY KEY,
    "escalation_id" TEXT NOT NULL REFERENCES "escalations" ("id"),
    "person_id" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "limits" JSONB,
    "reason" TEXT,
    "via" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "mac" TEXT NOT NULL,
    CONSTRAINT "votes_verdict" CHECK ("verdict" IN ('approve', 'deny')),
    CONSTRAINT "votes_deny_reason" CHECK ("verdict" = 'approve' OR "reason" IS NOT NULL)
);
-- One human, one vote, whichever account or channel.
CREATE UNIQUE INDEX "votes_once" ON "votes" ("escalation_id", "person_id");

-- Grants and tokens --------------------------------------------------------------------------------------------------

CREATE TABLE "grant_transitions" (
    "from_status" TEXT NOT NULL,
    "change" TEXT NOT NULL,
    "to_status" TEXT NOT NULL,
    PRIMARY KEY ("from_status", "change")
);
INSERT INTO "grant_transitions" VALUES
    ('', 'issued', 'ready'),
    ('ready', 'activated', 'active'),
    ('ready', 'completed', 'completed'),
    ('ready', 'revoked', 'revoked'),
    ('ready', 'expired', 'expired'),
    ('active', 'used', 'active'),
    ('active', 'completed', 'completed'),
    ('active', 'revoked', 'revoked'),
    ('active', 'expired', 'expired');

CREATE TABLE "grants" (
    "id" TEXT PRIMARY KEY,
    "escalation_id" TEXT NOT NULL REFERENCES "escalations" ("id"),
    "agent_uid" BIGINT NOT NULL REFERENCES "agents" ("uid"),
    "agent_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "actions" TEXT[] NOT NULL,
    "status" TEXT NOT NULL,
    "last_change" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "digest" TEXT NOT NULL,
    "granted" JSONB NOT NULL,
    "grant_digest" TEXT NOT NULL,
    "max_uses" INTEGER,
    "uses" INTEGER NOT NULL DEFAULT 0,
    "mac" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "ready_until" TIMESTAMPTZ(6) NOT NULL,
    "activated_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6),
    "ended_at" TIMESTAMPTZ(6),
    "end_reason" TEXT,
    "outcome" TEXT,
    -- The instant at which the row ends by itself: ready_until while ready, expires_at while active.
    "deadline" TIMESTAMPTZ(6) NOT NULL,
    CONSTRAINT "grants_status" CHECK ("status" IN ('ready', 'active', 'completed', 'expired', 'revoked')),
    CONSTRAINT "grants_end_reason" CHECK ("end_reason" IN ('done', 'used_up', 'silence', 'parent_ended', 'agent_suspended', 'key_compromised',
        'policy_changed', 'revoked_by_person', 'revoked_by_agent', 'ttl', 'not_collected', 'restored')),
    CONSTRAINT "grants_ended" CHECK (("status" IN ('ready', 'active')) = ("ended_at" IS NULL AND "end_reason" IS NULL)),
    CONSTRAINT "grants_active" CHECK ("status" <> 'active' OR ("activated_at" IS NOT NULL AND "expires_at" IS NOT NULL)),
    CONSTRAINT "grants_deadline" CHECK ("deadline" = COALESCE("expires_at", "ready_until")),
    CONSTRAINT "grants_uses" CHECK ("uses" >= 0 AND ("max_uses" IS NULL OR "uses" <= "max_uses"))
);
CREATE UNIQUE INDEX "grants_one_per_escalation" ON "grants" ("escalation_id");
CREATE INDEX "grants_newest" ON "grants" ("created_at" DESC, "id" DESC);
CREATE INDEX "grants_agent" ON "grants" ("agent_uid", "created_at" DESC, "id" DESC);
CREATE INDEX "grants_agent_id" ON "grants" ("agent_id", "created_at" DESC, "id" DESC);
CREATE INDEX "grants_overdue" ON "grants" ("deadline") WHERE "status" IN ('ready', 'active');
CREATE INDEX "grants_open_agent" ON "grants" ("agent_uid") WHERE "status" IN ('ready', 'active');

CREATE TABLE "tokens" (
    "jti" TEXT PRIMARY KEY,
    "grant_id" TEXT NOT NULL REFERENCES "grants" ("id"),
    "kid" TEXT NOT NULL,
    "claims" JSONB NOT NULL,
    "minted_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6),
    "redeem_key" TEXT
);
-- A grant has at most one live token.
CREATE UNIQUE INDEX "tokens_one_live" ON "tokens" ("grant_id") WHERE "ended_at" IS NULL;
CREATE INDEX "tokens_grant" ON "tokens" ("grant_id");
-- When the last token of a key runs out, and what a compromised key still has to end.
CREATE INDEX "tokens_key" ON "tokens" ("kid", "expires_at");
CREATE INDEX "tokens_live_key" ON "tokens" ("kid") WHERE "ended_at" IS NULL;

CREATE TABLE "token_uses" (
    "id" BIGSERIAL PRIMARY KEY,
    "jti" TEXT NOT NULL REFERENCES "tokens" ("jti"),
    "grant_id" TEXT NOT NULL REFERENCES "grants" ("id"),
    "verifier" TEXT NOT NULL,
    "call_id" TEXT NOT NULL,
    "call_hash" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "identifier" TEXT,
    "answer" JSONB NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX "token_uses_call" ON "token_uses" ("jti", "verifier", "call_id");
CREATE INDEX "token_uses_grant" ON "token_uses" ("grant_id");

-- History ------------------------------------------------------------------------------------------------------------

CREATE TABLE "events" (
    "seq" BIGSERIAL PRIMARY KEY,
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "type" TEXT NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "escalation_id" TEXT,
    "grant_id" TEXT,
    "agent_id" TEXT,
    "data" JSONB NOT NULL
);
CREATE UNIQUE INDEX "events_id" ON "events" ("id");
CREATE INDEX "events_escalation" ON "events" ("escalation_id", "seq");
CREATE INDEX "events_grant" ON "events" ("grant_id", "seq") WHERE "grant_id" IS NOT NULL;

-- The audit log: one leaf per event, in the words that will be hashed into the tree. Sealed in (txid, seq) order.
CREATE TABLE "audit_entries" (
    "seq" BIGSERIAL PRIMARY KEY,
    "txid" XID8 NOT NULL DEFAULT pg_current_xact_id(),
    "event_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "type" TEXT NOT NULL,
    "leaf" TEXT NOT NULL,
    "leaf_hash" BYTEA NOT NULL
);
CREATE UNIQUE INDEX "audit_entries_event" ON "audit_entries" ("event_id");
CREATE INDEX "audit_entries_order" ON "audit_entries" ("txid", "seq");

-- Delivery -----------------------------------------------------------------------------------------------------------

CREATE TABLE "outbox" (
    "seq" BIGSERIAL PRIMARY KEY,
    "topic" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "not_before" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    -- A relay that dies holding a claim loses it when this passes; the job id keeps the second hand-over harmless.
    "claimed_until" TIMESTAMPTZ(6),
    "dispatched_at" TIMESTAMPTZ(6)
);
CREATE INDEX "outbox_waiting" ON "outbox" ("seq") WHERE "dispatched_at" IS NULL;

CREATE TABLE "dead_letters" (
    "id" BIGSERIAL PRIMARY KEY,
    "topic" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "error" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "resolved_at" TIMESTAMPTZ(6)
);

CREATE TABLE "slack_cards" (
    "id" TEXT PRIMARY KEY,
    "escalation_id" TEXT NOT NULL REFERENCES "escalations" ("id"),
    "digest" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "ts" TEXT,
    "version_shown" INTEGER NOT NULL DEFAULT 0,
    "lease" TEXT,
    "leased_until" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX "slack_cards_channel" ON "slack_cards" ("escalation_id", "channel");

CREATE TABLE "slack_deliveries" (
    "replay_key" TEXT PRIMARY KEY,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX "slack_deliveries_at" ON "slack_deliveries" ("at");

-- Callers ------------------------------------------------------------------------------------------------------------

CREATE TABLE "assertion_uses" (
    "subject" TEXT NOT NULL,
    "jti" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    PRIMARY KEY ("subject", "jti")
);
CREATE INDEX "assertion_uses_expiry" ON "assertion_uses" ("expires_at");

CREATE TABLE "idempotency_keys" (
    "caller" TEXT NOT NULL,
    "route" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "body_hash" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "response" JSONB NOT NULL,
    "escalation_id" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY ("caller", "route", "key")
);

CREATE TABLE "rate_windows" (
    "agent_uid" BIGINT NOT NULL,
    "window_start" TIMESTAMPTZ(6) NOT NULL,
    "calls" INTEGER NOT NULL,
    PRIMARY KEY ("agent_uid", "window_start")
);

CREATE TABLE "poll_marks" (
    "escalation_id" TEXT PRIMARY KEY REFERENCES "escalations" ("id"),
    "at" TIMESTAMPTZ(6) NOT NULL
);

CREATE TABLE "login_codes" (
    "code_hash" TEXT PRIMARY KEY,
    "person_id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "used_at" TIMESTAMPTZ(6)
);

CREATE TABLE "sessions" (
    "token_hash" TEXT PRIMARY KEY,
    "id" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6)
);
CREATE INDEX "sessions_person" ON "sessions" ("person_id");

CREATE TABLE "signing_keys" (
    "kid" TEXT PRIMARY KEY,
    "alg" TEXT NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "wrapped_private" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "active_from" TIMESTAMPTZ(6) NOT NULL,
    -- Signs until then; set ahead by a rotation.
    "retired_at" TIMESTAMPTZ(6),
    "compromised_at" TIMESTAMPTZ(6),
    CONSTRAINT "signing_keys_alg" CHECK ("alg" IN ('ES256', 'RS256')),
    CONSTRAINT "signing_keys_erased" CHECK (("compromised_at" IS NULL) = ("wrapped_private" <> ''))
);

-- What the database refuses ------------------------------------------------------------------------------------------

CREATE FUNCTION "refuse_escalation_change"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT 1 FROM "escalation_transitions" t
                       WHERE t."from_status" = '' AND t."change" = NEW."last_change" AND t."to_status" = NEW."status") THEN
            RAISE EXCEPTION 'an escalation is not born % by %', NEW."status", NEW."last_change" USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM "escalation_transitions" t
                   WHERE t."from_status" = OLD."status" AND t."change" = NEW."last_change" AND t."to_status" = NEW."status") THEN
        RAISE EXCEPTION 'escalation %: % does not lead from % to %', OLD."id", NEW."last_change", OLD."status", NEW."status"
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW."id", NEW."agent_uid", NEW."agent_id", NEW."owner_id", NEW."resource", NEW."digest", NEW."request", NEW."task_id", NEW."risk",
        NEW."policy_version", NEW."policy", NEW."policy_mac", NEW."deferral_hash", NEW."created_at", NEW."deadline")
       IS DISTINCT FROM
       (OLD."id", OLD."agent_uid", OLD."agent_id", OLD."owner_id", OLD."resource", OLD."digest", OLD."request", OLD."task_id", OLD."risk",
        OLD."policy_version", OLD."policy", OLD."policy_mac", OLD."deferral_hash", OLD."created_at", OLD."deadline") THEN
        RAISE EXCEPTION 'escalation %: a request never changes', OLD."id" USING ERRCODE = 'check_violation';
    END IF;
    NEW."version" := OLD."version" + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER "escalations_lifecycle" BEFORE INSERT OR UPDATE ON "escalations"
    FOR EACH ROW EXECUTE FUNCTION "refuse_escalation_change"();

CREATE FUNCTION "refuse_grant_change"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT 1 FROM "grant_transitions" t
                       WHERE t."from_status" = '' AND t."change" = NEW."last_change" AND t."to_status" = NEW."status") THEN
            RAISE EXCEPTION 'a grant is not born % by %', NEW."status", NEW."last_change" USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM "grant_transitions" t
                   WHERE t."from_status" = OLD."status" AND t."change" = NEW."last_change" AND t."to_status" = NEW."status") THEN
        RAISE EXCEPTION 'grant %: % does not lead from % to %', OLD."id", NEW."last_change", OLD."status", NEW."status"
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW."id", NEW."escalation_id", NEW."agent_uid", NEW."agent_id", NEW."resource", NEW."actions", NEW."digest", NEW."granted",
        NEW."grant_digest", NEW."max_uses", NEW."mac", NEW."created_at", NEW."ready_until")
       IS DISTINCT FROM
       (OLD."id", OLD."escalation_id", OLD."agent_uid", OLD."agent_id", OLD."resource", OLD."actions", OLD."digest", OLD."granted",
        OLD."grant_digest", OLD."max_uses", OLD."mac", OLD."created_at", OLD."ready_until") THEN
        RAISE EXCEPTION 'grant %: what was granted never changes', OLD."id" USING ERRCODE = 'check_violation';
    END IF;
    IF OLD."expires_at" IS NOT NULL AND (NEW."activated_at", NEW."expires_at") IS DISTINCT FROM (OLD."activated_at", OLD."expires_at") THEN
        RAISE EXCEPTION 'grant %: the deadline never moves', OLD."id" USING ERRCODE = 'check_violation';
    END IF;
    IF NEW."uses" <> OLD."uses" + (CASE WHEN NEW."last_change" = 'used' THEN 1 ELSE 0 END) THEN
        RAISE EXCEPTION 'grant %: uses are counted one by one', OLD."id" USING ERRCODE = 'check_violation';
    END IF;
    NEW."version" := OLD."version" + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER "grants_lifecycle" BEFORE INSERT OR UPDATE ON "grants"
    FOR EACH ROW EXECUTE FUNCTION "refuse_grant_change"();

CREATE FUNCTION "refuse_token_change"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."ended_at" IS NOT NULL OR NEW."ended_at" IS NULL
       OR (NEW."jti", NEW."grant_id", NEW."kid", NEW."claims", NEW."minted_at", NEW."expires_at", NEW."redeem_key")
          IS DISTINCT FROM (OLD."jti", OLD."grant_id", OLD."kid", OLD."claims", OLD."minted_at", OLD."expires_at", OLD."redeem_key") THEN
        RAISE EXCEPTION 'token %: a token only ends, and once', OLD."jti" USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "tokens_only_end" BEFORE UPDATE ON "tokens"
    FOR EACH ROW EXECUTE FUNCTION "refuse_token_change"();

CREATE FUNCTION "refuse_key_change"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."compromised_at" IS NOT NULL THEN
        RAISE EXCEPTION 'signing key %: compromised for ever', OLD."kid" USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW."kid", NEW."alg", NEW."public_jwk", NEW."created_at") IS DISTINCT FROM (OLD."kid", OLD."alg", OLD."public_jwk", OLD."created_at") THEN
        RAISE EXCEPTION 'signing key %: a key never becomes another', OLD."kid" USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD."retired_at" <= clock_timestamp() AND NEW."retired_at" IS DISTINCT FROM OLD."retired_at")
       OR (OLD."active_from" <= clock_timestamp() AND NEW."active_from" <> OLD."active_from") THEN
        RAISE EXCEPTION 'signing key %: what has come to pass stays', OLD."kid" USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "signing_keys_only_advance" BEFORE UPDATE ON "signing_keys"
    FOR EACH ROW EXECUTE FUNCTION "refuse_key_change"();

CREATE FUNCTION "refuse_rewrite"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER "votes_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "votes" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "events_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "events" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "audit_entries_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_entries"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "token_uses_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "token_uses"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "escalations_never_deleted" BEFORE DELETE OR TRUNCATE ON "escalations" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "grants_never_deleted" BEFORE DELETE OR TRUNCATE ON "grants" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "tokens_never_deleted" BEFORE DELETE OR TRUNCATE ON "tokens" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "signing_keys_never_deleted" BEFORE DELETE OR TRUNCATE ON "signing_keys" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "config_versions_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config_versions"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
