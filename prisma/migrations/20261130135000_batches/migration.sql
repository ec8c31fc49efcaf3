-- Hot verbs: what a work locks and reads in one statement, and what it writes in another, for as many works as wait.

-- A grant as it is read to be judged, in the words of the adapters: `GRANT_COLUMNS`. A test holds the two equal.
CREATE VIEW "grant_rows" AS SELECT g."id", g."escalation_id" as "escalationId", g."agent_id" as "agentId", g."status", g."people_asked" as "peopleAsked",
  (extract(epoch from g."ready_until") * 1000)::float8 as "readyUntil", (extract(epoch from g."activated_at") * 1000)::float8 as "activatedAt", (extract(epoch from g."expires_at") * 1000)::float8 as "expiresAt",
  (extract(epoch from g."ended_at") * 1000)::float8 as "endedAt", g."end_reason" as "endReason",
  (select json_agg(u."end") from (select json_build_object('end', json_build_object('kind', 'suspension', 'record', json_build_object('id', x."id"::text, 'agentUid', x."agent_uid"::text, 'change', x."change", 'answers', x."answers"::text,
      'at', (extract(epoch from x."at") * 1000000)::bigint::text, 'actor', json_build_object('kind', x."actor_kind", 'id', x."actor_id"), 'reason', x."reason"), 'mac', x."mac"), 'at', (extract(epoch from x."at") * 1000)::float8) as "end" from "agent_suspensions" x
  where x."agent_uid" = g."agent_uid" and x."change" = 'suspended' and x."at" >= g."created_at" union all select json_build_object('end', json_build_object('kind', 'kill', 'record', json_build_object('id', x."id"::text, 'kind', x."kind", 'subject', x."subject", 'notBefore', (extract(epoch from x."not_before") * 1000000)::bigint::text), 'mac', x."mac"), 'at', (extract(epoch from greatest(x."not_before", g."created_at")) * 1000)::float8) as "end" from "escalations" e join "kill_switches" x on x."kind" = 'task'
       and x."subject" = e."agent_uid"::text || '/' || e."task_id" and x."not_before" >= e."created_at" where e."id" = g."escalation_id" union all select json_build_object('end', json_build_object('kind', 'kill', 'record', json_build_object('id', x."id"::text, 'kind', x."kind", 'subject', x."subject", 'notBefore', (extract(epoch from x."not_before") * 1000000)::bigint::text), 'mac', x."mac"), 'at', (extract(epoch from greatest(x."not_before", g."created_at")) * 1000)::float8) as "end" from "votes" v join "kill_switches" x on x."kind" = 'approver' and x."subject" = v."person_id"
       and x."not_before" >= v."at" where v."escalation_id" = g."escalation_id" and v."verdict" = 'approve') u) as "ends",
   case when g."created_at" <= a."retired_at" then (extract(epoch from a."retired_at") * 1000)::float8 end as "retiredAt",
  (select (extract(epoch from k."compromised_at") * 1000)::float8 from "tokens" t join "signing_keys" k on k."kid" = t."kid"
   where t."grant_id" = g."id" and t."ended_at" is null) as "keyCompromisedAt",
  (extract(epoch from (select min(r."reviewed_at") from "restore_epochs" r where r."verdict" = 'end'
    and (select e."created_at" from "escalations" e where e."id" = g."escalation_id") <= r."declared_at")) * 1000)::float8 as "restoredAt", g."heartbeat_seconds" as "heartbeatSeconds",
  (select (extract(epoch from h."at") * 1000)::float8 from "grant_heartbeats" h where h."grant_id" = g."id") as "lastHeartbeatAt", g."max_uses" as "maxUses", g."uses", (extract(epoch from g."created_at") * 1000)::float8 as "createdAt",
  (select json_agg(json_build_object('reviews', (select json_agg(json_build_object('kind', 'review', 'record', json_build_object('id', x."id"::text, 'kind', x."kind", 'subject', x."subject", 'at', (extract(epoch from x."at") * 1000000)::bigint::text, 'by', x."by",
      'verdict', x."verdict", 'note', x."note"), 'mac', x."mac")) from "reviews" x join "restore_epochs" l on x."subject" = l."id"::text
    where x."kind" = 'restore' and l."declared_at" >= r."declared_at"))) from "restore_epochs" r) as "epochs", g."parents", g."agent_uid"::text as "agentUid", g."resource",
  g."actions", g."version", g."digest", g."granted", g."grant_digest" as "grantDigest", g."mac", g."outcome" from "grants" g join "agents" a on a."uid" = g."agent_uid";

-- Requests that wait for people now: `escalationOpenNow`.
CREATE VIEW "open_asks" AS SELECT e."id", e."agent_uid", e."ask_hash", e."ask_order" FROM "escalations" e
  JOIN "agents" a ON a."uid" = e."agent_uid" WHERE e."status" = 'pending' and e."deadline" > clock_timestamp()
    and (a."not_before" is null or e."created_at" > a."not_before")
    and not (exists (select 1 from "restore_epochs" r where r."declared_at" > clock_timestamp() - interval '8 days') and e."created_at" <= (select max(r."declared_at") from "restore_epochs" r where r."declared_at" > clock_timestamp() - interval '8 days')) and not exists (select 1 from (select * from "kill_switches" x where (x."mac" is not null and not exists (select 1 from "broken_seals" b where b."kind" = 'kill' and b."row" = x."id"::text))) k where k."kind" = 'task'
    and k."subject" = e."agent_uid"::text || '/' || e."task_id" and e."created_at" <= k."not_before")
    and (e."parents" is null or (select min(case when up."status" not in ('ready', 'active') then up."ended_at"
      else least(least(
    case when up."created_at" <= ua."not_before" and ua."not_before" <= clock_timestamp() then ua."not_before" end,
    (select min(k."compromised_at") from "tokens" t join "signing_keys" k on k."kid" = t."kid" where t."grant_id" = up."id" and t."ended_at" is null),
    (select min(greatest(k."at", up."created_at")) from (
     select s."not_before" as "at" from "escalations" e join (select * from "kill_switches" x where (x."mac" is not null and not exists (select 1 from "broken_seals" b where b."kind" = 'kill' and b."row" = x."id"::text))) s on s."kind" = 'task'
       and s."subject" = e."agent_uid"::text || '/' || e."task_id" and e."created_at" <= s."not_before" where e."id" = up."escalation_id"
     union all
     select s."not_before" from "votes" v join (select * from "kill_switches" x where (x."mac" is not null and not exists (select 1 from "broken_seals" b where b."kind" = 'kill' and b."row" = x."id"::text))) s on s."kind" = 'approver' and s."subject" = v."person_id" and v."at" <= s."not_before"
     where v."escalation_id" = up."escalation_id" and v."verdict" = 'approve') k), (select min(r."reviewed_at") from "restore_epochs" r where r."verdict" = 'end'
    and (select e."created_at" from "escalations" e where e."id" = up."escalation_id") <= r."declared_at")), case when clock_timestamp() >= least(up."deadline", case when up."status" = 'active' and up."heartbeat_seconds" is not null then
  greatest(up."activated_at", (select h."at" from "grant_heartbeats" h where h."grant_id" = up."id"))
  + up."heartbeat_seconds" * 2 * interval '1 second' end) then least(up."deadline", case when up."status" = 'active' and up."heartbeat_seconds" is not null then
  greatest(up."activated_at", (select h."at" from "grant_heartbeats" h where h."grant_id" = up."id"))
  + up."heartbeat_seconds" * 2 * interval '1 second' end) end) end)
    from "grants" up join "agents" ua on ua."uid" = up."agent_uid" where up."id" = any(e."parents")) is null);

-- A token as it is read to be judged: `TOKEN_COLUMNS`.
CREATE VIEW "token_rows" AS SELECT t."jti", t."grant_id" as "grantId", t."kid", t."claims", (extract(epoch from t."minted_at") * 1000)::float8 as "mintedAt",
  (extract(epoch from t."expires_at") * 1000)::float8 as "expiresAt", (extract(epoch from t."ended_at") * 1000)::float8 as "endedAt", t."redeem_key" as "redeemKey", t."renewed_from" as "renewedFrom", t."canonical"
  FROM "tokens" t;

-- The key that signs now, held FOR SHARE behind the gate of its kind (7706); null where there is none.
CREATE FUNCTION "take_signing_key"(wanted TEXT, unreadable TEXT[]) RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
    found TEXT;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7706);
    -- A wait for the row can end with it compromised, and then no row is left of the one that was asked for.
    FOR tries IN 1..3 LOOP
        SELECT k."kid" INTO found FROM "signing_keys" k
        WHERE k."alg" = wanted AND k."kid" <> ALL(unreadable) AND k."active_from" <= clock_timestamp() AND k."compromised_at" IS NULL
          AND (k."retired_at" IS NULL OR k."retired_at" > clock_timestamp())
        ORDER BY k."active_from" DESC, k."kid" DESC LIMIT 1 FOR SHARE;
        EXIT WHEN found IS NOT NULL;
    END LOOP;
    RETURN found;
END $$;

-- Everything here and in `write_batch` is looked up by key: no plan may read a table whole because it was small when the plan
-- was made, which is once for a connection. What that makes dear to the planner's eye is not compiled either: before PostgreSQL 18 that
-- took a second.

-- Locks and reads what the works of a batch need. Locks come in the order in which everybody takes them, and among
-- themselves by their numbers: assertions, agents (gate 7705, then the row), the queues of their asks (7701), grants, keys. Each statement
-- sees what the locks before it waited for; the clock is read after the last of them.
--   works: [{n, agent | uid, seq, counts, actions, ask_hash, escalation, grant, jti, verifier, call_id, since, alg, spots, subject, assertion,
--   expires, life, caller, route, key, call}], see `takeBatch`
--   unsound: names of configurations that count for nothing; unreadable: kids that the caller cannot open; prove, ask, repeat,
--   hold, sign: some work has an assertion, a turn, an Idempotency-Key, a grant, a token to sign. Asking that here, by a
--   statement each, cost as much as what is asked for
CREATE FUNCTION "take_batch"(works JSON, unsound TEXT[], unreadable TEXT[], list_size INT, prove BOOL, ask BOOL, repeat BOOL, hold BOOL, sign BOOL)
RETURNS JSON LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    fresh TEXT[];
    uids BIGINT[];
    head RECORD;
    calls JSONB;
    kids JSONB;
    newest_list INT;
    held TEXT[];
    claims JSONB;
    moment TIMESTAMPTZ;
BEGIN
    IF prove THEN
        WITH used AS (
            INSERT INTO "assertion_uses" ("subject", "jti", "expires_at")
            SELECT w."subject", w."assertion", greatest(to_timestamp(w."expires"), clock_timestamp() + make_interval(secs => w."life"))
            FROM json_to_recordset(works) AS w("subject" TEXT, "assertion" TEXT, "expires" FLOAT8, "life" FLOAT8)
            WHERE w."assertion" IS NOT NULL ORDER BY 1, 2
            ON CONFLICT DO NOTHING RETURNING "subject" || ' ' || "jti" AS "name")
        SELECT array_agg(u."name") INTO fresh FROM used u;
    END IF;

    SELECT array_agg(DISTINCT a."uid" ORDER BY a."uid") INTO uids
    FROM json_to_recordset(works) AS w("agent" TEXT, "uid" BIGINT)
    JOIN "agents" a ON a."uid" = w."uid" OR (w."uid" IS NULL AND a."id" = w."agent" AND a."retired_at" IS NULL);
    PERFORM pg_advisory_xact_lock_shared(7705, g."gate")
    FROM (SELECT DISTINCT (u % 1024)::int AS "gate" FROM unnest(uids) AS u ORDER BY 1 OFFSET 0) g;
    PERFORM 1 FROM "agents" a WHERE a."uid" = ANY(uids) ORDER BY a."uid" FOR SHARE;

    IF ask THEN
        PERFORM pg_advisory_xact_lock(7701, q."queue")
        FROM (SELECT DISTINCT (a."uid" % 2147483647)::int AS "queue"
              FROM json_to_recordset(works) AS w("agent" TEXT, "seq" BIGINT)
              JOIN "agents" a ON a."id" = w."agent" AND a."retired_at" IS NULL
              WHERE w."seq" IS NOT NULL ORDER BY 1 OFFSET 0) q;
    END IF;

    SELECT c."seq", c."seq"::text || '/' || coalesce(c."mac", '') AS "name" INTO head FROM "config_versions" c
    WHERE c."seq"::text || '/' || coalesce(c."mac", '') <> ALL(unsound) ORDER BY c."seq" DESC LIMIT 1;

    IF repeat THEN
        SELECT jsonb_object_agg(w."n", pg_try_advisory_xact_lock(hashtextextended(w."call", 7702))) INTO claims
        FROM json_to_recordset(works) AS w("n" INT, "key" TEXT, "call" TEXT) WHERE w."key" IS NOT NULL;
    END IF;

    IF hold THEN
        -- Grants with others above them are left alone: those come first, and the work asks for them itself.
        SELECT array_agg(f."id") INTO held FROM (
            SELECT g."id" FROM "grants" g
            WHERE g."id" = ANY(ARRAY(SELECT coalesce(w."grant", o."id") FROM json_to_recordset(works) AS w("escalation" TEXT, "grant" TEXT)
                                     LEFT JOIN "grants" o ON o."escalation_id" = w."escalation" WHERE coalesce(w."escalation", w."grant") IS NOT NULL))
              AND g."parents" IS NULL
            ORDER BY g."id" FOR UPDATE) f;
    END IF;

    IF sign THEN
        SELECT jsonb_object_agg(a."alg", "take_signing_key"(a."alg", unreadable)) INTO kids
        FROM (SELECT DISTINCT w."alg" FROM json_to_recordset(works) AS w("alg" TEXT) WHERE w."alg" IS NOT NULL ORDER BY 1 OFFSET 0) a;
        SELECT l."n" INTO newest_list FROM "status_lists" l WHERE l."size" = list_size AND l."n" <= 999999999 AND l."created_at" <= clock_timestamp()
        ORDER BY l."created_at" DESC, l."n" DESC LIMIT 1;
    END IF;

    IF ask THEN
        -- A call that came before, or is under way, is counted there; one of a suspended agent, or that was prepared under another
        -- configuration, not yet.
        WITH counted AS (
            INSERT INTO "rate_windows" AS r ("agent_uid", "window_start", "calls")
            SELECT a."uid", date_trunc('minute', clock_timestamp()), 1
            FROM json_to_recordset(works) AS w("n" INT, "agent" TEXT, "counts" BOOL, "seq" BIGINT, "caller" TEXT, "route" TEXT, "key" TEXT)
            JOIN "agents" a ON a."id" = w."agent" AND a."retired_at" IS NULL AND NOT a."suspended"
            WHERE w."counts" AND w."seq" = head."seq" AND (w."key" IS NULL OR (coalesce((claims ->> w."n"::text)::bool, FALSE)
              AND NOT EXISTS (SELECT 1 FROM "idempotency_keys" i WHERE i."caller" = w."caller" AND i."route" = w."route" AND i."key" = w."key")))
            ORDER BY a."uid"
            ON CONFLICT ("agent_uid", "window_start") DO UPDATE SET "calls" = r."calls" + 1
            RETURNING r."agent_uid", r."calls")
        SELECT jsonb_object_agg(c."agent_uid", c."calls") INTO calls FROM counted c;
    END IF;

    moment := clock_timestamp();
    RETURN (SELECT json_build_object(
        'now', (extract(epoch FROM moment) * 1000)::float8, 'head', head."name", 'kids', kids, 'list', newest_list,
        'epochs', CASE WHEN kids IS NOT NULL THEN (select json_agg(json_build_object('reviews', (select json_agg(json_build_object('kind', 'review', 'record', json_build_object('id', x."id"::text, 'kind', x."kind", 'subject', x."subject", 'at', (extract(epoch from x."at") * 1000000)::bigint::text, 'by', x."by",
      'verdict', x."verdict", 'note', x."note"), 'mac', x."mac")) from "reviews" x join "restore_epochs" l on x."subject" = l."id"::text
    where x."kind" = 'restore' and l."declared_at" >= r."declared_at"))) from "restore_epochs" r) END,
        'reset', greatest(1, ceil(60 - extract(second FROM moment))::int),
        'works', json_agg(json_build_object(
            'n', w."n",
            'fresh', w."assertion" IS NULL OR coalesce(w."subject" || ' ' || w."assertion" = ANY(fresh), FALSE),
            'claimed', claims -> w."n"::text,
            'stored', CASE WHEN w."key" IS NOT NULL THEN (SELECT json_build_object('bodyHash', i."body_hash", 'status', i."status",
                'response', i."response", 'escalationId', i."escalation_id", 'mac', i."mac") FROM "idempotency_keys" i
                WHERE i."caller" = w."caller" AND i."route" = w."route" AND i."key" = w."key") END,
            'agent', CASE WHEN a."uid" IS NOT NULL THEN json_build_object('uid', a."uid"::text, 'id', a."id", 'suspensions',
                (select json_agg(json_build_object('kind', 'suspension', 'record', json_build_object('id', x."id"::text, 'agentUid', x."agent_uid"::text, 'change', x."change", 'answers', x."answers"::text,
      'at', (extract(epoch from x."at") * 1000000)::bigint::text, 'actor', json_build_object('kind', x."actor_kind", 'id', x."actor_id"), 'reason', x."reason"), 'mac', x."mac") order by x."id") from "agent_suspensions" x where x."agent_uid" = a."uid")) END,
            'calls', calls -> a."uid"::text,
            'facts', CASE WHEN w."seq" IS NOT NULL THEN "agent_facts"(a."uid", w."actions", NULL) END,
            -- Of an agent little is pending, and it may have asked the same very often.
            'like', CASE WHEN w."seq" IS NOT NULL THEN (SELECT coalesce(json_agg(o."id" ORDER BY o."ask_order"), '[]') FROM "open_asks" o
                WHERE o."id" = ANY(ARRAY(SELECT p."id" FROM (SELECT * FROM "escalations" e WHERE e."agent_uid" = a."uid" AND e."status" = 'pending'
                                         OFFSET 0) p WHERE p."ask_hash" = w."ask_hash"))) END,
            'grant', CASE WHEN held IS NOT NULL THEN (SELECT row_to_json(g) FROM "grant_rows" g
                WHERE g."id" = coalesce(w."grant", (SELECT o."id" FROM "grants" o WHERE o."escalation_id" = w."escalation")) AND g."id" = ANY(held)) END,
            'token', CASE WHEN w."jti" IS NOT NULL THEN (SELECT row_to_json(k) FROM "token_rows" k WHERE k."jti" = w."jti") END,
            'uses', CASE WHEN w."call_id" IS NOT NULL THEN (SELECT coalesce(json_agg(c ORDER BY c."id"::bigint), '[]') FROM (
                SELECT u."id"::text as "id", u."jti", u."grant_id" as "grantId", u."verifier", u."call_id" as "callId", u."call_hash" as "callHash", u."action", u."identifier", u."answer", u."mac"
                FROM "token_uses" u WHERE u."jti" = w."jti" AND u."verifier" = w."verifier" AND u."call_id" = w."call_id"
                  AND u."at" >= coalesce(to_timestamp(w."since" / 1000), '-infinity')) c) END,
            'idx', CASE WHEN w."alg" IS NOT NULL AND newest_list IS NOT NULL THEN (SELECT d."idx" FROM unnest(w."spots") WITH ORDINALITY AS d("idx", "turn")
                WHERE NOT EXISTS (SELECT 1 FROM "status_entries" s WHERE s."list" = newest_list AND s."idx" = d."idx") ORDER BY d."turn" LIMIT 1) END)))
    FROM json_to_recordset(works) AS w("n" INT, "agent" TEXT, "uid" BIGINT, "seq" BIGINT, "actions" TEXT[], "ask_hash" TEXT, "escalation" TEXT,
        "grant" TEXT, "jti" TEXT, "verifier" TEXT, "call_id" TEXT, "since" FLOAT8, "alg" TEXT, "spots" INT[], "subject" TEXT, "assertion" TEXT, "caller" TEXT, "route" TEXT, "key" TEXT)
    LEFT JOIN "agents" a ON a."uid" = ANY(uids) AND (a."uid" = w."uid" OR (w."uid" IS NULL AND a."id" = w."agent" AND a."retired_at" IS NULL)));
END $$;

-- Writes what the works of a batch have decided, each kind of row at once, in the order in which rows point to each other.
-- Instants are epoch milliseconds. A row that moved under its lock, or that the tables refuse, fails the batch: its works are
-- then done one by one. See `writeBatch` for the members.
CREATE FUNCTION "write_batch"(escalations JSON, traces JSON, grants JSON, activated JSON, tokens JSON, places JSON, uses JSON, counted JSON,
    heard JSON, events JSON, outbox JSON, threads JSON, answers JSON) RETURNS VOID LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    moved INT;
BEGIN
    IF escalations IS NOT NULL THEN
        INSERT INTO "escalations" ("id", "agent_uid", "agent_id", "owner_id", "resource", "status", "last_change", "digest", "request", "task_id",
            "risk", "policy_version", "policy", "policy_mac", "deferral_hash", "created_at", "deadline", "decided_at", "denial", "granted",
            "grant_digest", "ask_hash", "parents")
        SELECT r."id", r."agent_uid", r."agent_id", r."owner_id", r."resource", r."status", r."birth", r."digest", r."request", r."task_id",
            r."risk", r."policy_version", r."policy", r."policy_mac", decode(r."deferral_hash", 'hex'), to_timestamp(r."now" / 1000),
            to_timestamp(r."deadline" / 1000), CASE WHEN r."status" = 'pending' THEN NULL ELSE to_timestamp(r."now" / 1000) END, r."denial",
            r."granted", r."grant_digest", r."ask_hash", NULL
        FROM json_to_recordset(escalations) AS r("id" TEXT, "agent_uid" BIGINT, "agent_id" TEXT, "owner_id" TEXT, "resource" TEXT, "status" TEXT,
            "birth" TEXT, "digest" TEXT, "request" JSONB, "task_id" TEXT, "risk" TEXT, "policy_version" TEXT, "policy" JSONB, "policy_mac" TEXT,
            "deferral_hash" TEXT, "now" FLOAT8, "deadline" FLOAT8, "denial" JSONB, "granted" JSONB, "grant_digest" TEXT, "ask_hash" TEXT);
    END IF;
    IF traces IS NOT NULL THEN
        INSERT INTO "escalation_traces" ("escalation_id", "trace_id", "span_id")
        SELECT r."id", r."trace", r."span" FROM json_to_recordset(traces) AS r("id" TEXT, "trace" TEXT, "span" TEXT);
    END IF;
    IF grants IS NOT NULL THEN
        INSERT INTO "grants" ("id", "escalation_id", "agent_uid", "agent_id", "resource", "actions", "status", "last_change", "digest", "granted",
            "grant_digest", "max_uses", "mac", "created_at", "ready_until", "deadline", "heartbeat_seconds", "risk_order", "people_asked")
        SELECT r."id", r."escalation_id", r."agent_uid", r."agent_id", r."resource", r."actions", 'ready', 'issued', r."digest", r."granted",
            r."grant_digest", r."max_uses", r."mac", to_timestamp(r."created_at" / 1000), to_timestamp(r."ready_until" / 1000),
            to_timestamp(r."ready_until" / 1000), r."heartbeat_seconds", r."risk_order", r."people_asked"
        FROM json_to_recordset(grants) AS r("id" TEXT, "escalation_id" TEXT, "agent_uid" BIGINT, "agent_id" TEXT, "resource" TEXT, "actions" TEXT[],
            "digest" TEXT, "granted" JSONB, "grant_digest" TEXT, "max_uses" INT, "mac" TEXT, "created_at" FLOAT8, "ready_until" FLOAT8,
            "heartbeat_seconds" INT, "risk_order" SMALLINT, "people_asked" BOOL);
    END IF;
    IF activated IS NOT NULL THEN
        UPDATE "grants" g SET "status" = 'active', "last_change" = 'activated', "activated_at" = to_timestamp(r."now" / 1000),
            "expires_at" = to_timestamp(r."expires_at" / 1000), "deadline" = to_timestamp(r."expires_at" / 1000)
        FROM json_to_recordset(activated) AS r("id" TEXT, "version" INT, "now" FLOAT8, "expires_at" FLOAT8)
        WHERE g."id" = r."id" AND g."version" = r."version";
        GET DIAGNOSTICS moved = ROW_COUNT;
        IF moved <> json_array_length(activated) THEN RAISE EXCEPTION 'a grant moved under its lock'; END IF;
    END IF;
    IF tokens IS NOT NULL THEN
        INSERT INTO "tokens" ("jti", "grant_id", "kid", "claims", "minted_at", "expires_at", "redeem_key", "canonical")
        SELECT r."jti", r."grant_id", r."kid", r."claims", to_timestamp(r."minted_at" / 1000), to_timestamp(r."expires_at" / 1000),
            r."redeem_key", TRUE
        FROM json_to_recordset(tokens) AS r("jti" TEXT, "grant_id" TEXT, "kid" TEXT, "claims" JSONB, "minted_at" FLOAT8, "expires_at" FLOAT8,
            "redeem_key" TEXT);
    END IF;
    IF places IS NOT NULL THEN
        INSERT INTO "status_entries" ("list", "idx", "jti", "until")
        SELECT r."list", r."idx", r."jti", to_timestamp(r."until" / 1000)
        FROM json_to_recordset(places) AS r("list" INT, "idx" INT, "jti" TEXT, "until" FLOAT8);
    END IF;
    IF uses IS NOT NULL THEN
        INSERT INTO "token_uses" ("jti", "grant_id", "verifier", "call_id", "call_hash", "action", "identifier", "answer", "mac")
        SELECT r."jti", r."grant_id", r."verifier", r."call_id", r."call_hash", r."action", r."identifier", r."answer", r."mac"
        FROM json_to_recordset(uses) AS r("jti" TEXT, "grant_id" TEXT, "verifier" TEXT, "call_id" TEXT, "call_hash" TEXT, "action" TEXT,
            "identifier" TEXT, "answer" JSONB, "mac" TEXT);
    END IF;
    IF counted IS NOT NULL THEN
        UPDATE "grants" g SET "last_change" = 'used', "uses" = g."uses" + 1
        FROM json_to_recordset(counted) AS r("id" TEXT, "version" INT) WHERE g."id" = r."id" AND g."version" = r."version";
        GET DIAGNOSTICS moved = ROW_COUNT;
        IF moved <> json_array_length(counted) THEN RAISE EXCEPTION 'a grant moved under its lock'; END IF;
    END IF;
    IF heard IS NOT NULL THEN
        INSERT INTO "grant_heartbeats" AS h ("grant_id", "at")
        SELECT r."id", to_timestamp(r."now" / 1000) FROM json_to_recordset(heard) AS r("id" TEXT, "now" FLOAT8) ORDER BY r."id"
        ON CONFLICT ("grant_id") DO UPDATE SET "at" = greatest(h."at", excluded."at");
    END IF;
    IF events IS NOT NULL THEN PERFORM "append_events"(events); END IF;
    IF outbox IS NOT NULL THEN
        INSERT INTO "outbox" ("topic", "payload", "not_before")
        SELECT r."topic", r."payload", to_timestamp(r."after" / 1000)
        FROM json_to_recordset(outbox) AS r("topic" TEXT, "payload" JSONB, "after" FLOAT8);
    END IF;
    -- Lines for threads, where there are cards; of refused uses the first few.
    IF threads IS NOT NULL THEN
        INSERT INTO "outbox" ("topic", "payload")
        SELECT 'card.thread', r."payload" FROM json_to_recordset(threads) AS r("id" TEXT, "payload" JSONB, "refusals" INT, "since" FLOAT8)
        WHERE EXISTS (SELECT 1 FROM "slack_cards" c WHERE c."escalation_id" = r."id")
          AND (r."refusals" IS NULL OR (SELECT count(*) FROM (SELECT 1 FROM "events" e WHERE e."escalation_id" = r."id"
                AND e."at" >= coalesce(to_timestamp(r."since" / 1000), '-infinity') AND e."type" = 'token.use_refused' LIMIT r."refusals" + 2) AS refused) <= r."refusals" + 1);
    END IF;
    IF answers IS NOT NULL THEN
        -- Of another hand: nobody was answered from it, and rows here are never changed.
        DELETE FROM "idempotency_keys" i USING json_to_recordset(answers) AS r("caller" TEXT, "route" TEXT, "key" TEXT)
        WHERE i."caller" = r."caller" AND i."route" = r."route" AND i."key" = r."key";
        INSERT INTO "idempotency_keys" ("caller", "route", "key", "body_hash", "status", "response", "escalation_id", "mac")
        SELECT r."caller", r."route", r."key", r."body_hash", r."status", r."response", r."escalation_id", r."mac"
        FROM json_to_recordset(answers) AS r("caller" TEXT, "route" TEXT, "key" TEXT, "body_hash" TEXT, "status" INT, "response" JSONB,
            "escalation_id" TEXT, "mac" TEXT);
    END IF;
END $$;
