-- Approvers: decide in ten seconds, safely, wherever they are.
-- One section for each thing that is kept. Rights of the data role follow from the default privileges of the first migration.

-- What a trigger refuses, its WHEN says; its argument says why.
CREATE FUNCTION "refuse_change"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'check_violation';
END $$;

-- The console: what one person decided, and what an agent asked before --------------------------------------------------

CREATE INDEX "votes_person" ON "votes" ("person_id", "at" DESC, "id" DESC);
-- jsonb has one form for equal values, so its hash finds the same ask however it was written.
CREATE INDEX "escalations_same_authority" ON "escalations" ("agent_uid", jsonb_hash("request" -> 'authorization_details'));

-- Fatigue: asks that are the same, and the order they came in ----------------------------------------------------------

-- What is asked, whatever the words (denials are counted by it, and identical asks found), and the order that asks were
-- written in: of identical ones that are open, the first has the card. Asks from before this column have no hash.
ALTER TABLE "escalations" ADD COLUMN "ask_hash" TEXT, ADD COLUMN "ask_order" BIGSERIAL NOT NULL;
CREATE INDEX "escalations_same_ask" ON "escalations" ("agent_uid", "ask_hash", "ask_order");
CREATE INDEX "escalations_pending_owner" ON "escalations" ("owner_id") WHERE "status" = 'pending';
-- What insights read: the last weeks, by time.
CREATE INDEX "escalations_newest" ON "escalations" ("created_at");

CREATE TRIGGER "escalations_ask_stays" BEFORE UPDATE ON "escalations" FOR EACH ROW
    WHEN (OLD."ask_hash" IS DISTINCT FROM NEW."ask_hash" OR OLD."ask_order" <> NEW."ask_order")
    EXECUTE FUNCTION "refuse_change"('an ask stays the ask it was');

-- Break-glass: used at once, owed afterwards ---------------------------------------------------------------------------

-- One row for each request that break-glass carried further than the ordinary rules. Until an operator has reviewed it
-- the agent has no other.
CREATE TABLE "break_glass_uses" (
    "escalation_id" TEXT PRIMARY KEY REFERENCES "escalations" ("id"),
    "agent_uid" BIGINT NOT NULL REFERENCES "agents" ("uid"),
    -- Groups that were not asked, and the owners of the resource: whom to tell.
    "skipped" TEXT[] NOT NULL,
    "used_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "reviewed_at" TIMESTAMPTZ(6),
    "reviewed_by" TEXT,
    "review_note" TEXT,
    CONSTRAINT "break_glass_uses_review" CHECK
        (("reviewed_at" IS NULL) = ("reviewed_by" IS NULL) AND ("reviewed_at" IS NULL) = ("review_note" IS NULL))
);
CREATE UNIQUE INDEX "break_glass_uses_owed" ON "break_glass_uses" ("agent_uid") WHERE "reviewed_at" IS NULL;
CREATE INDEX "break_glass_uses_newest" ON "break_glass_uses" ("used_at" DESC, "escalation_id" DESC);

CREATE TRIGGER "break_glass_uses_reviewed_once" BEFORE UPDATE ON "break_glass_uses" FOR EACH ROW
    WHEN (OLD."reviewed_at" IS NOT NULL OR NEW."reviewed_at" IS NULL
          OR (NEW."escalation_id", NEW."agent_uid", NEW."skipped", NEW."used_at")
             IS DISTINCT FROM (OLD."escalation_id", OLD."agent_uid", OLD."skipped", OLD."used_at"))
    EXECUTE FUNCTION "refuse_change"('it is reviewed, and once');
CREATE TRIGGER "break_glass_uses_never_deleted" BEFORE DELETE OR TRUNCATE ON "break_glass_uses"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- Which channel was told of a break-glass, so that a job that runs twice tells nobody twice.
CREATE TABLE "break_glass_notices" (
    "escalation_id" TEXT NOT NULL REFERENCES "escalations" ("id"),
    "channel" TEXT NOT NULL,
    "claimed_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "sent_at" TIMESTAMPTZ(6),
    PRIMARY KEY ("escalation_id", "channel")
);

-- The clock: reminders, the nudge, notices -------------------------------------------------------------------------------

-- What is done to a request once: the reminders after half of its window and late in it, and its owner's nudge.
CREATE TABLE "escalation_marks" (
    "escalation_id" TEXT NOT NULL REFERENCES "escalations" ("id"),
    "mark" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY ("escalation_id", "mark"),
    CONSTRAINT "escalation_marks_mark" CHECK ("mark" IN ('half', 'late', 'nudge'))
);
CREATE TRIGGER "escalation_marks_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "escalation_marks"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- How long people take under one rule. Hashed, since a list of policies may be longer than an index row.
CREATE INDEX "escalations_pace" ON "escalations" (md5("policy" ->> 'determining'), "decided_at" DESC)
    WHERE "status" IN ('approved', 'denied') AND "policy" ->> 'outcome' = 'require_approval';

-- One row for each event and place (mailbox, webhook, Slack account) that is told of it: sent once, however often the job runs.
CREATE TABLE "notices" (
    "id" BIGSERIAL PRIMARY KEY,
    "escalation_id" TEXT NOT NULL REFERENCES "escalations" ("id"),
    "event_id" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 1,
    "leased_until" TIMESTAMPTZ(6),
    "error" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "sent_at" TIMESTAMPTZ(6),
    CONSTRAINT "notices_channel" CHECK ("channel" IN ('email', 'webhook', 'slack'))
);
CREATE UNIQUE INDEX "notices_once" ON "notices" ("event_id", "channel", "target");
CREATE INDEX "notices_escalation" ON "notices" ("escalation_id");

-- Talk: what people say about an escalation, in the console or in the thread of its card --------------------------------

-- The id is that of the event which tells of it.
CREATE TABLE "comments" (
    "id" TEXT PRIMARY KEY,
    "escalation_id" TEXT NOT NULL REFERENCES "escalations" ("id"),
    "person_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "slack_channel" TEXT,
    "slack_ts" TEXT,
    CONSTRAINT "comments_text" CHECK (length("text") BETWEEN 1 AND 1000),
    CONSTRAINT "comments_origin" CHECK (("slack_channel" IS NULL) = ("slack_ts" IS NULL))
);
CREATE INDEX "comments_escalation" ON "comments" ("escalation_id", "at", "id");
-- Slack delivers an event more than once: a message is taken over once.
CREATE UNIQUE INDEX "comments_slack_message" ON "comments" ("slack_channel", "slack_ts") WHERE "slack_ts" IS NOT NULL;
CREATE TRIGGER "comments_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "comments"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- Every message of a channel with a card is looked up: is it in a card's thread?
CREATE INDEX "slack_cards_message" ON "slack_cards" ("channel", "ts");

-- Which person acts through which Slack account ------------------------------------------------------------------------

-- Accounts that people linked to themselves; the configuration's own stand in its catalog. The id is that of the event.
CREATE TABLE "slack_bindings" (
    "id" TEXT PRIMARY KEY,
    "team" TEXT NOT NULL,
    "user" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "bound_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6)
);
-- One account is one person.
CREATE UNIQUE INDEX "slack_bindings_account" ON "slack_bindings" ("team", "user") WHERE "ended_at" IS NULL;
CREATE INDEX "slack_bindings_person" ON "slack_bindings" ("person_id") WHERE "ended_at" IS NULL;

CREATE TRIGGER "slack_bindings_only_end" BEFORE UPDATE ON "slack_bindings" FOR EACH ROW
    WHEN (OLD."ended_at" IS NOT NULL OR (NEW."id", NEW."team", NEW."user", NEW."person_id", NEW."bound_at")
          IS DISTINCT FROM (OLD."id", OLD."team", OLD."user", OLD."person_id", OLD."bound_at"))
    EXECUTE FUNCTION "refuse_change"('a link ends, and once');
CREATE TRIGGER "slack_bindings_never_deleted" BEFORE DELETE OR TRUNCATE ON "slack_bindings"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- One code an account: a new one makes the earlier one void.
CREATE TABLE "slack_link_codes" (
    "team" TEXT NOT NULL,
    "user" TEXT NOT NULL,
    "code_hash" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "used_at" TIMESTAMPTZ(6),
    PRIMARY KEY ("team", "user")
);
CREATE UNIQUE INDEX "slack_link_codes_hash" ON "slack_link_codes" ("code_hash");

-- What a person does not want to be reminded of ------------------------------------------------------------------------

CREATE TABLE "mutes" (
    "person_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "until" TIMESTAMPTZ(6) NOT NULL,
    PRIMARY KEY ("person_id", "kind", "subject"),
    CONSTRAINT "mutes_kind" CHECK ("kind" IN ('escalation', 'agent'))
);

-- Cards: who has opened what a card folds, and what each thread was told ------------------------------------------------

CREATE TABLE "details_opened" (
    "escalation_id" TEXT NOT NULL REFERENCES "escalations" ("id"),
    "digest" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY ("escalation_id", "digest", "person_id")
);

-- A lease of its own: talk in the thread must not hold up the rewriting of the card.
ALTER TABLE "slack_cards" ADD COLUMN "thread_lease" TEXT;
ALTER TABLE "slack_cards" ADD COLUMN "thread_leased_until" TIMESTAMPTZ(6);

-- A line each, not a position: events of one request may be committed in another order than they were numbered. No
-- reference to them: a TRUNCATE of events must meet their own refusing trigger, not a foreign key.
CREATE TABLE "slack_thread_lines" (
    "card_id" TEXT NOT NULL REFERENCES "slack_cards" ("id"),
    "event_id" TEXT NOT NULL,
    "ts" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY ("card_id", "event_id")
);

-- Sessions: how they were opened, and a name to end them by ------------------------------------------------------------

-- `fresh`: the provider asked anew who it is, for this session.
ALTER TABLE "sessions" ADD COLUMN "signed_in_by" TEXT NOT NULL DEFAULT 'code',
    ADD COLUMN "fresh" BOOLEAN NOT NULL DEFAULT false,
    ADD CONSTRAINT "sessions_signed_in_by" CHECK ("signed_in_by" IN ('code', 'oidc', 'enrolment')),
    ADD CONSTRAINT "sessions_fresh" CHECK ("signed_in_by" = 'oidc' OR NOT "fresh");
CREATE UNIQUE INDEX "sessions_id" ON "sessions" ("id");

-- Passkeys: who may sign, what they were asked to sign, and the signature beside the vote ---------------------------------

CREATE TABLE "passkeys" (
    -- The credential's id, base64url.
    "id" TEXT PRIMARY KEY,
    "person_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    -- COSE, as the authenticator gave it.
    "public_key" BYTEA NOT NULL,
    "counter" BIGINT NOT NULL,
    "transports" TEXT[] NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "last_used_at" TIMESTAMPTZ(6),
    "removed_at" TIMESTAMPTZ(6),
    CONSTRAINT "passkeys_counter" CHECK ("counter" >= 0)
);
CREATE INDEX "passkeys_person" ON "passkeys" ("person_id") WHERE "removed_at" IS NULL;

CREATE TRIGGER "passkeys_only_advance" BEFORE UPDATE ON "passkeys" FOR EACH ROW
    WHEN (OLD."removed_at" IS NOT NULL OR (NEW."id", NEW."person_id", NEW."name", NEW."public_key", NEW."created_at")
          IS DISTINCT FROM (OLD."id", OLD."person_id", OLD."name", OLD."public_key", OLD."created_at"))
    EXECUTE FUNCTION "refuse_change"('a key never becomes another, and is removed once');
CREATE TRIGGER "passkeys_never_deleted" BEFORE DELETE OR TRUNCATE ON "passkeys"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();

-- One row for each thing that a passkey was asked to sign: enrolment, or one decision. Used once, in its time.
CREATE TABLE "webauthn_challenges" (
    -- SHA-256 of the challenge (enrol) or of the nonce in the signed statement (approve).
    "hash" TEXT PRIMARY KEY,
    "purpose" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    -- The statement to be signed, without its nonce.
    "bound" JSONB,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "used_at" TIMESTAMPTZ(6),
    CONSTRAINT "webauthn_challenges_purpose" CHECK ("purpose" IN ('enrol', 'approve')),
    CONSTRAINT "webauthn_challenges_bound" CHECK (("purpose" = 'approve') = ("bound" IS NOT NULL))
);
CREATE INDEX "webauthn_challenges_expiry" ON "webauthn_challenges" ("expires_at");

ALTER TABLE "votes" ADD COLUMN "step_up" JSONB,
    ADD CONSTRAINT "votes_step_up" CHECK ("step_up" IS NULL OR "verdict" = 'approve');

-- What kind of session a code opens: an ordinary one, or one that may add a passkey.
ALTER TABLE "login_codes" ADD COLUMN "opens" TEXT NOT NULL DEFAULT 'code',
    ADD CONSTRAINT "login_codes_opens" CHECK ("opens" IN ('code', 'enrolment'));

-- Slack's pace: one message a second and channel, and no card forgotten ---------------------------------------------------

-- While `held_until` runs others go first; `posted_at` makes turns fair among agents; `expected_at` is when a job will
-- have looked again, so that one which does not come back is missed.
ALTER TABLE "slack_cards" ADD COLUMN "held_until" TIMESTAMPTZ(6), ADD COLUMN "posted_at" TIMESTAMPTZ(6),
    ADD COLUMN "expected_at" TIMESTAMPTZ(6);
CREATE INDEX "slack_cards_waiting" ON "slack_cards" ("channel") WHERE "ts" IS NULL;
CREATE INDEX "slack_cards_posted" ON "slack_cards" ("channel", "posted_at");

-- The one turn of each channel: whoever holds it posts; the next may from `next_at` on.
CREATE TABLE "slack_channels" (
    "channel" TEXT PRIMARY KEY,
    "next_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "turn" TEXT,
    "turn_until" TIMESTAMPTZ(6),
    CONSTRAINT "slack_channels_turn" CHECK (("turn" IS NULL) = ("turn_until" IS NULL))
);
