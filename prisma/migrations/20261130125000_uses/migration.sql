-- Uses: each counts at every grant above, and each answer is sealed.

-- Seal over the question, who asked and the answer; empty: from before seals, or by another hand. Such a row says nothing.
ALTER TABLE "token_uses" ADD COLUMN "mac" TEXT NOT NULL DEFAULT '';
-- Whoever may insert could take the place of a call that is yet to come: the rows of a call are told apart by their seals,
-- and one at a time writes them, under the lock of the grant.
DROP INDEX "token_uses_call";
CREATE UNIQUE INDEX "token_uses_call" ON "token_uses" ("jti", "verifier", "call_id", "mac");

-- Seal over the call and its answer; empty: the same.
ALTER TABLE "idempotency_keys" ADD COLUMN "mac" TEXT NOT NULL DEFAULT '';

-- Verifiers allow for clocks that go wrong: a token that its `exp` has passed may still be accepted for so long
-- (`LIMITS.verifierLeewaySeconds`), and an end that comes then, or came before, must still be told.
CREATE FUNCTION "verifier_leeway"() RETURNS INTERVAL LANGUAGE sql IMMUTABLE AS $$ SELECT interval '120 seconds' $$;

-- What time itself has ended is told by nobody: verifiers read `exp`.
CREATE OR REPLACE FUNCTION "revoke_ended_tokens"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    -- A statement that inserts nothing would tell all the same.
    IF EXISTS (SELECT 1 FROM after_end t JOIN "grants" g ON g."id" = t."grant_id"
               WHERE t."ended_at" IS NOT NULL AND t."expires_at" + "verifier_leeway"() > clock_timestamp()
                 AND (t."expires_at" > clock_timestamp() OR g."end_reason" IS DISTINCT FROM 'ttl')) THEN
        INSERT INTO "revocations" ("kind", "subject", "not_before", "jtis", "audience", "until")
        SELECT 'grant', t."grant_id", max(t."ended_at"), array_agg(t."jti"), g."resource", max(t."expires_at")
        FROM after_end t JOIN before_end b ON b."jti" = t."jti" AND b."ended_at" IS NULL JOIN "grants" g ON g."id" = t."grant_id"
        WHERE t."ended_at" IS NOT NULL AND t."expires_at" + "verifier_leeway"() > clock_timestamp()
          AND (t."expires_at" > clock_timestamp() OR g."end_reason" IS DISTINCT FROM 'ttl')
        GROUP BY t."grant_id", g."resource";
    END IF;
    RETURN NULL;
END $$;

-- A grant that is used up takes every token under it with it: their uses count here. Those below that have used up
-- their own are told already.
CREATE OR REPLACE FUNCTION "revoke_used_up"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "revocations" ("kind", "subject", "not_before", "jtis", "audience", "until")
    SELECT 'grant', g."id", clock_timestamp(), array_agg(t."jti"), g."resource", max(t."expires_at")
    FROM (SELECT NEW."id", NEW."resource"
          UNION ALL
          SELECT u."id", u."resource" FROM "grants" u
          WHERE u."parents" @> ARRAY[NEW."id"] AND u."parents" IS NOT NULL AND u."status" IN ('ready', 'active')
            AND (u."max_uses" IS NULL OR u."uses" < u."max_uses")) g
    JOIN "tokens" t ON t."grant_id" = g."id"
    WHERE t."ended_at" IS NULL AND t."expires_at" + "verifier_leeway"() > clock_timestamp()
    GROUP BY g."id", g."resource";
    RETURN NULL;
END $$;

-- ES256 has two signatures for each text that verify. Tokens are signed with one of the two from now on, and only that one
-- is read; of those from before either is, until they have run out.
ALTER TABLE "tokens" ADD COLUMN "canonical" BOOLEAN NOT NULL DEFAULT FALSE;
