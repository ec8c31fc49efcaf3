-- Counters: what policy counts of an agent is looked up, not counted anew at every request.
--
-- Triggers keep them, so that no writer can forget to, a process of the version before included. Nobody waits for another
-- to count: an agent has one lane, and whoever finds it taken by a transaction that has not ended opens another. What an
-- agent has is the sum over its lanes. Upkeep folds them into one, and compares them with the rows.
-- The counters say no more than the rows do; what they say is exact, at the edges of the hour and of the day too.

-- From here until the end nobody grants, ends or denies: the counters begin with what stands.
LOCK TABLE "escalations", "grants", "kill_switches", "restore_epochs", "signing_keys" IN SHARE ROW EXCLUSIVE MODE;

-- Open by the column of the row, and ended by nothing but the column, the deadline, a suspension or a stop. What has a
-- grant above it or must show signs of life is counted row by row: those are few.
CREATE TABLE "agent_counters" (
    "agent_uid" BIGINT NOT NULL,
    "lane" BIGSERIAL NOT NULL,
    "open_grants" BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY ("agent_uid", "lane")
) WITH (fillfactor = 50);

-- Running totals: how many there were "before" this instant and "upto" it, itself included, in this lane. The number in a
-- window is the last "upto" less the first "before", two look-ups whatever the number.
CREATE TABLE "agent_tallies" (
    "agent_uid" BIGINT NOT NULL,
    -- The action that was granted; '' a denial.
    "what" TEXT NOT NULL,
    "lane" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "before" BIGINT NOT NULL,
    "upto" BIGINT NOT NULL,
    PRIMARY KEY ("agent_uid", "what", "lane", "at")
);
CREATE INDEX "agent_tallies_at" ON "agent_tallies" ("at");

-- Stops whose ends are not all written yet: while one may touch an agent its open grants are judged row by row.
CREATE TABLE "stops_unwritten" (
    "kind" TEXT NOT NULL CHECK ("kind" IN ('kill', 'restore', 'key')),
    "stop" TEXT NOT NULL,
    -- The one agent that it may touch; null: any.
    "agent_uid" BIGINT,
    -- Whoever did not know of the stop when it was first found committed has ended below this.
    "seen" XID8,
    PRIMARY KEY ("kind", "stop")
);

-- What is subtracted from the open ones: over and not yet written. The first takes the place of one without "created_at".
-- The second is over an expression, so that no plan takes the index over the deadlines of all agents for it.
CREATE INDEX "grants_open_created" ON "grants" ("agent_uid", "created_at") WHERE "status" IN ('ready', 'active');
CREATE INDEX "grants_open_deadline" ON "grants" ("agent_uid", (least("deadline", timestamptz 'infinity'))) WHERE "status" IN ('ready', 'active');
DROP INDEX "grants_open_agent";
CREATE INDEX "grants_open_judged" ON "grants" ("agent_uid") WHERE "status" IN ('ready', 'active')
    AND ("parents" IS NOT NULL OR "heartbeat_seconds" IS NOT NULL);

INSERT INTO "agent_counters" ("agent_uid", "open_grants")
SELECT "agent_uid", count(*) FILTER (WHERE "parents" IS NULL AND "heartbeat_seconds" IS NULL)
FROM "grants" WHERE "status" IN ('ready', 'active') GROUP BY "agent_uid";
INSERT INTO "agent_counters" ("agent_uid")
SELECT DISTINCT r."agent_uid" FROM (
    SELECT "agent_uid" FROM "grants" WHERE "created_at" > clock_timestamp() - interval '25 hours'
    UNION ALL
    SELECT "agent_uid" FROM "escalations" WHERE "status" = 'denied' AND "decided_at" > clock_timestamp() - interval '25 hours') r
WHERE NOT EXISTS (SELECT 1 FROM "agent_counters" c WHERE c."agent_uid" = r."agent_uid");
INSERT INTO "agent_tallies" ("agent_uid", "what", "lane", "at", "before", "upto")
SELECT n."agent_uid", n."what", c."lane", n."at", n."upto" - n."own", n."upto"
FROM (SELECT r."agent_uid", r."what", r."at", count(*) AS "own",
             sum(count(*)) OVER (PARTITION BY r."agent_uid", r."what" ORDER BY r."at") AS "upto"
      FROM (SELECT g."agent_uid", a."action" AS "what", g."created_at" AS "at" FROM "grants" g CROSS JOIN unnest(g."actions") a("action")
            WHERE g."created_at" > clock_timestamp() - interval '25 hours'
            UNION ALL
            SELECT e."agent_uid", '', e."decided_at" FROM "escalations" e WHERE e."status" = 'denied'
              AND e."denial" ->> 'code' <> 'identical_denied' AND e."decided_at" > clock_timestamp() - interval '25 hours') r
      GROUP BY r."agent_uid", r."what", r."at") n
JOIN "agent_counters" c ON c."agent_uid" = n."agent_uid";
INSERT INTO "stops_unwritten" ("kind", "stop", "agent_uid")
SELECT 'kill', "id"::text, CASE WHEN "kind" = 'task' THEN split_part("subject", '/', 1)::bigint END FROM "kill_switches"
WHERE "not_before" > clock_timestamp() - interval '8 days'
UNION ALL SELECT 'restore', "id"::text, NULL FROM "restore_epochs" WHERE "verdict" = 'end' AND "reviewed_at" > clock_timestamp() - interval '8 days'
UNION ALL SELECT 'key', "kid", NULL FROM "signing_keys" WHERE "compromised_at" > clock_timestamp() - interval '8 days';

-- Kept by the database alone -------------------------------------------------------------------------------------------
-- The functions that write run as the owner of the tables: the role that serves may read them and no more. Whoever owns
-- them is kept from editing by hand; the comparison finds what was edited all the same.

CREATE FUNCTION "take_lane"("uid" BIGINT, "more" BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    "taken" BIGINT;
BEGIN
    UPDATE "agent_counters" c SET "open_grants" = c."open_grants" + "more" WHERE c."agent_uid" = "uid" AND c."lane" =
        (SELECT f."lane" FROM "agent_counters" f WHERE f."agent_uid" = "uid" ORDER BY f."lane" LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING c."lane" INTO "taken";
    IF "taken" IS NULL THEN
        INSERT INTO "agent_counters" ("agent_uid", "open_grants") VALUES ("uid", "more") RETURNING "lane" INTO "taken";
    END IF;
    RETURN "taken";
END $$;

-- So many more at an instant, in a lane that this transaction holds.
CREATE FUNCTION "add_to_tally"("uid" BIGINT, "counted" TEXT, "held" BIGINT, "instant" TIMESTAMPTZ, "own" BIGINT)
RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "agent_tallies" ("agent_uid", "what", "lane", "at", "before", "upto")
    SELECT "uid", "counted", "held", "instant", coalesce(l."upto", 0), coalesce(l."upto", 0) + "own"
    FROM (SELECT 1 OFFSET 0) x LEFT JOIN LATERAL (
        SELECT t."at", t."upto" FROM "agent_tallies" t WHERE t."agent_uid" = "uid" AND t."what" = "counted" AND t."lane" = "held"
        ORDER BY t."at" DESC LIMIT 1) l ON true
    WHERE l."at" IS NULL OR l."at" < "instant";
    IF FOUND THEN
        RETURN;
    END IF;
    -- Late: what comes after moves on.
    UPDATE "agent_tallies" t SET "before" = t."before" + "own", "upto" = t."upto" + "own"
    WHERE t."agent_uid" = "uid" AND t."what" = "counted" AND t."lane" = "held" AND t."at" > "instant";
    UPDATE "agent_tallies" t SET "upto" = t."upto" + "own"
    WHERE t."agent_uid" = "uid" AND t."what" = "counted" AND t."lane" = "held" AND t."at" = "instant";
    IF NOT FOUND THEN
        INSERT INTO "agent_tallies" ("agent_uid", "what", "lane", "at", "before", "upto")
        SELECT "uid", "counted", "held", "instant", t."before" - "own", t."before" FROM "agent_tallies" t
        WHERE t."agent_uid" = "uid" AND t."what" = "counted" AND t."lane" = "held" AND t."at" > "instant" ORDER BY t."at" LIMIT 1;
    END IF;
END $$;

-- One row after the other, a lane for each agent. For a single grant as dear as a row trigger (70 to 80 us of CPU with the
-- second index of the totals), and a batch is grouped; one statement for all lanes and one for all totals takes twice that.
CREATE FUNCTION "count_grants_made"() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    "one" RECORD;
    "uid" BIGINT;
    "held" BIGINT;
BEGIN
    FOR "one" IN SELECT m."agent_uid", a."action", m."created_at" AS "at", count(*) AS "own",
            sum(count(*) FILTER (WHERE coalesce(a."nth", 1) = 1 AND m."parents" IS NULL AND m."heartbeat_seconds" IS NULL))
                OVER (PARTITION BY m."agent_uid") AS "more"
        FROM made m LEFT JOIN LATERAL unnest(m."actions") WITH ORDINALITY a("action", "nth") ON true
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LOOP
        IF "uid" IS DISTINCT FROM "one"."agent_uid" THEN
            "uid" := "one"."agent_uid";
            "held" := "take_lane"("uid", "one"."more"::bigint);
        END IF;
        CONTINUE WHEN "one"."action" IS NULL;
        PERFORM "add_to_tally"("uid", "one"."action", "held", "one"."at", "one"."own");
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER "grants_counted" AFTER INSERT ON "grants" REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION "count_grants_made"();

-- What has ended never changes again, so every changed row that is over has just ended.
CREATE FUNCTION "count_grants_over"() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM changed c WHERE c."status" NOT IN ('ready', 'active')) THEN
        RETURN NULL;
    END IF;
    WITH gone AS MATERIALIZED (
        SELECT c."agent_uid", count(*) AS "n" FROM changed c
        WHERE c."status" NOT IN ('ready', 'active') AND c."parents" IS NULL AND c."heartbeat_seconds" IS NULL GROUP BY c."agent_uid"),
    free AS MATERIALIZED (
        SELECT o."agent_uid", o."n", f."lane" FROM gone o CROSS JOIN LATERAL
            (SELECT l."lane" FROM "agent_counters" l WHERE l."agent_uid" = o."agent_uid" ORDER BY l."lane" LIMIT 1 FOR UPDATE SKIP LOCKED) f),
    held AS (
        UPDATE "agent_counters" l SET "open_grants" = l."open_grants" - f."n" FROM free f
        WHERE l."agent_uid" = f."agent_uid" AND l."lane" = f."lane" RETURNING l."agent_uid")
    INSERT INTO "agent_counters" ("agent_uid", "open_grants")
    SELECT o."agent_uid", -o."n" FROM gone o WHERE NOT EXISTS (SELECT 1 FROM held h WHERE h."agent_uid" = o."agent_uid");
    RETURN NULL;
END $$;
CREATE TRIGGER "grants_uncounted" AFTER UPDATE ON "grants" REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION "count_grants_over"();

CREATE FUNCTION "count_denial"() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM "add_to_tally"(NEW."agent_uid", '', "take_lane"(NEW."agent_uid", 0), NEW."decided_at", 1);
    RETURN NULL;
END $$;
CREATE TRIGGER "escalations_denial_counted" AFTER INSERT OR UPDATE ON "escalations" FOR EACH ROW
    WHEN (NEW."status" = 'denied' AND NEW."denial" ->> 'code' <> 'identical_denied') EXECUTE FUNCTION "count_denial"();

CREATE FUNCTION "note_stop"() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'kill_switches' THEN
        INSERT INTO "stops_unwritten" ("kind", "stop", "agent_uid")
        VALUES ('kill', NEW."id"::text, CASE WHEN NEW."kind" = 'task' THEN split_part(NEW."subject", '/', 1)::bigint END) ON CONFLICT DO NOTHING;
    ELSIF TG_TABLE_NAME = 'signing_keys' THEN
        INSERT INTO "stops_unwritten" ("kind", "stop") VALUES ('key', NEW."kid") ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO "stops_unwritten" ("kind", "stop") VALUES ('restore', NEW."id"::text) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "kill_switches_noted" AFTER INSERT ON "kill_switches" FOR EACH ROW EXECUTE FUNCTION "note_stop"();
CREATE TRIGGER "restore_epochs_noted" AFTER INSERT OR UPDATE ON "restore_epochs" FOR EACH ROW
    WHEN (NEW."verdict" = 'end') EXECUTE FUNCTION "note_stop"();
CREATE TRIGGER "signing_keys_noted" AFTER INSERT OR UPDATE ON "signing_keys" FOR EACH ROW
    WHEN (NEW."compromised_at" IS NOT NULL) EXECUTE FUNCTION "note_stop"();

-- Read -----------------------------------------------------------------------------------------------------------------
-- STABLE: within the snapshot of whoever asks, so that what is added and what is subtracted are of one moment.

-- The first of what ends a grant before its time, null: nothing has. As `cutShortAt` of the broker.
CREATE FUNCTION "grant_cut_at"("grant" TEXT, "escalation" TEXT, "made" TIMESTAMPTZ, "not_before" TIMESTAMPTZ)
RETURNS TIMESTAMPTZ LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT least(
        CASE WHEN "made" <= "not_before" AND "not_before" <= clock_timestamp() THEN "not_before" END,
        (SELECT min(k."compromised_at") FROM "tokens" t JOIN "signing_keys" k ON k."kid" = t."kid"
         WHERE t."grant_id" = "grant" AND t."ended_at" IS NULL),
        (SELECT min(greatest(s."not_before", "made")) FROM "escalations" e JOIN "kill_switches" s ON s."kind" = 'task'
           AND s."subject" = e."agent_uid"::text || '/' || e."task_id" AND e."created_at" <= s."not_before"
         WHERE e."id" = "escalation" AND s."mac" IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM "broken_seals" b WHERE b."kind" = 'kill' AND b."row" = s."id"::text)),
        (SELECT min(greatest(s."not_before", "made")) FROM "votes" v JOIN "kill_switches" s ON s."kind" = 'approver'
           AND s."subject" = v."person_id" AND v."at" <= s."not_before"
         WHERE v."escalation_id" = "escalation" AND v."verdict" = 'approve' AND s."mac" IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM "broken_seals" b WHERE b."kind" = 'kill' AND b."row" = s."id"::text)),
        (SELECT min(r."reviewed_at") FROM "restore_epochs" r WHERE r."verdict" = 'end'
           AND (SELECT e."created_at" FROM "escalations" e WHERE e."id" = "escalation") <= r."declared_at")));
END $$;

-- When time or silence ends an open grant. As `overAt`.
CREATE FUNCTION "grant_over_at"("grant" TEXT, "status" TEXT, "deadline" TIMESTAMPTZ, "activated" TIMESTAMPTZ, "heartbeat" INTEGER)
RETURNS TIMESTAMPTZ LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF "status" <> 'active' OR "heartbeat" IS NULL THEN
        RETURN "deadline";
    END IF;
    RETURN least("deadline", greatest("activated", (SELECT h."at" FROM "grant_heartbeats" h WHERE h."grant_id" = "grant"))
        + "heartbeat" * 2 * interval '1 second');
END $$;

-- When the first of these grants ended, null while all live. As `ancestorEndedAt`.
CREATE FUNCTION "first_ended_at"("grants" TEXT[]) RETURNS TIMESTAMPTZ LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT min(CASE WHEN u."status" NOT IN ('ready', 'active') THEN u."ended_at"
            ELSE least("grant_cut_at"(u."id", u."escalation_id", u."created_at", a."not_before"),
                       CASE WHEN clock_timestamp() >= o."at" THEN o."at" END) END)
        FROM "grants" u JOIN "agents" a ON a."uid" = u."agent_uid"
        CROSS JOIN LATERAL (SELECT "grant_over_at"(u."id", u."status", u."deadline", u."activated_at", u."heartbeat_seconds") OFFSET 0) o("at")
        WHERE u."id" = ANY ("first_ended_at"."grants"));
END $$;

-- Open grants, judged row by row: all of an agent, or only those that are never counted otherwise.
CREATE FUNCTION "open_grants_judged"("agent" BIGINT, "every" BOOLEAN) RETURNS BIGINT LANGUAGE plpgsql STABLE AS $$
DECLARE
    "barred" TIMESTAMPTZ := (SELECT a."not_before" FROM "agents" a WHERE a."uid" = "agent");
BEGIN
    IF "every" THEN
        RETURN (SELECT count(*) FROM "grants" g
            CROSS JOIN LATERAL (SELECT "grant_over_at"(g."id", g."status", g."deadline", g."activated_at", g."heartbeat_seconds") OFFSET 0) o("at")
            WHERE g."agent_uid" = "agent" AND g."status" IN ('ready', 'active') AND o."at" > clock_timestamp()
              AND ("grant_cut_at"(g."id", g."escalation_id", g."created_at", "barred") <= o."at") IS NOT TRUE
              AND (g."parents" IS NULL OR ("first_ended_at"(g."parents") < o."at") IS NOT TRUE));
    END IF;
    RETURN (SELECT count(*) FROM "grants" g
        CROSS JOIN LATERAL (SELECT "grant_over_at"(g."id", g."status", g."deadline", g."activated_at", g."heartbeat_seconds") OFFSET 0) o("at")
        WHERE g."agent_uid" = "agent" AND g."status" IN ('ready', 'active') AND (g."parents" IS NOT NULL OR g."heartbeat_seconds" IS NOT NULL)
          AND o."at" > clock_timestamp()
          AND ("grant_cut_at"(g."id", g."escalation_id", g."created_at", "barred") <= o."at") IS NOT TRUE
          AND (g."parents" IS NULL OR ("first_ended_at"(g."parents") < o."at") IS NOT TRUE));
END $$;

-- Requests that wait for people now; catalogs keep them few. As `escalationOpenNow`.
CREATE FUNCTION "pending_asks_judged"("agent" BIGINT, "without" TEXT) RETURNS BIGINT LANGUAGE plpgsql STABLE AS $$
DECLARE
    "barred" TIMESTAMPTZ := (SELECT a."not_before" FROM "agents" a WHERE a."uid" = "agent");
    "restored" TIMESTAMPTZ := (SELECT max(r."declared_at") FROM "restore_epochs" r WHERE r."declared_at" > clock_timestamp() - interval '8 days');
BEGIN
    RETURN (SELECT count(*) FROM "escalations" e
        WHERE e."agent_uid" = "agent" AND e."status" = 'pending' AND e."id" IS DISTINCT FROM "without" AND e."deadline" > clock_timestamp()
          AND ("barred" IS NULL OR e."created_at" > "barred") AND ("restored" IS NULL OR e."created_at" > "restored")
          AND NOT EXISTS (SELECT 1 FROM "kill_switches" s WHERE s."kind" = 'task' AND s."subject" = e."agent_uid"::text || '/' || e."task_id"
                AND e."created_at" <= s."not_before" AND s."mac" IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM "broken_seals" b WHERE b."kind" = 'kill' AND b."row" = s."id"::text))
          AND (e."parents" IS NULL OR "first_ended_at"(e."parents") IS NULL));
END $$;

-- What policy counts of an agent: `{denials, open, pending, counts: [{action, hour, day}]}`. VOLATILE: it sees what a lock
-- that was taken before it waited for. One statement: one snapshot. "without" is a request that is no other pending one.
CREATE FUNCTION "agent_facts"("agent" BIGINT, "actions" TEXT[], "without" TEXT) RETURNS JSON LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
    "moment" TIMESTAMPTZ := clock_timestamp();
    "answer" JSON;
BEGIN
    -- Whole keys are compared, and what no index shall be chosen by stands in a FILTER: the plan is the right one whatever
    -- the statistics say.
    SELECT json_build_object(
        'denials', (SELECT coalesce(sum(e."upto" - d."before"), 0) FROM "agent_counters" c
            CROSS JOIN LATERAL (SELECT t."upto", t."agent_uid", t."what", t."lane" FROM "agent_tallies" t
                WHERE (t."agent_uid", t."what", t."lane", t."at") <= ("agent", '', c."lane", timestamptz 'infinity')
                ORDER BY t."agent_uid" DESC, t."what" DESC, t."lane" DESC, t."at" DESC LIMIT 1) e
            CROSS JOIN LATERAL (SELECT t."before", t."agent_uid", t."what", t."lane" FROM "agent_tallies" t
                WHERE (t."agent_uid", t."what", t."lane", t."at") > ("agent", '', c."lane", "moment" - interval '24 hours')
                ORDER BY t."agent_uid", t."what", t."lane", t."at" LIMIT 1) d
            WHERE c."agent_uid" = "agent" AND (e."agent_uid", e."what", e."lane") = ("agent", '', c."lane")
              AND (d."agent_uid", d."what", d."lane") = ("agent", '', c."lane")),
        'open', CASE WHEN EXISTS (SELECT 1 FROM "stops_unwritten" s WHERE s."agent_uid" IS NULL OR s."agent_uid" = "agent")
            THEN "open_grants_judged"("agent", true)
            ELSE (SELECT coalesce(sum(c."open_grants"), 0) FROM "agent_counters" c WHERE c."agent_uid" = "agent")
               - (SELECT count(*) FILTER (WHERE g."parents" IS NULL AND g."heartbeat_seconds" IS NULL)
                  FROM "grants" g WHERE g."agent_uid" = "agent" AND g."status" IN ('ready', 'active')
                    AND least(g."deadline", timestamptz 'infinity') <= "moment")
               - (SELECT count(*) FILTER (WHERE g."deadline" > "moment" AND g."parents" IS NULL AND g."heartbeat_seconds" IS NULL)
                  FROM "grants" g WHERE g."agent_uid" = "agent" AND g."status" IN ('ready', 'active')
                    AND g."created_at" <= (SELECT a."not_before" FROM "agents" a WHERE a."uid" = "agent"))
               + CASE WHEN EXISTS (SELECT 1 FROM "grants" g WHERE g."agent_uid" = "agent" AND g."status" IN ('ready', 'active')
                                     AND (g."parents" IS NOT NULL OR g."heartbeat_seconds" IS NOT NULL))
                   THEN "open_grants_judged"("agent", false) ELSE 0 END
            END,
        'pending', CASE WHEN (SELECT e."agent_uid" FROM "escalations" e WHERE e."agent_uid" >= "agent" AND e."status" = 'pending'
                               ORDER BY e."agent_uid" LIMIT 1) = "agent"
            THEN "pending_asks_judged"("agent", "without") ELSE 0 END,
        'counts', (SELECT json_agg(json_build_object('action', n."action", 'hour', n."hour", 'day', n."day")) FROM (
            SELECT x."action", coalesce(sum(e."upto" - h."before"), 0) AS "hour", sum(e."upto" - d."before") AS "day"
            FROM "agent_counters" c CROSS JOIN (SELECT DISTINCT unnest("actions")) x("action")
            CROSS JOIN LATERAL (SELECT t."upto", t."agent_uid", t."what", t."lane" FROM "agent_tallies" t
                WHERE (t."agent_uid", t."what", t."lane", t."at") <= ("agent", x."action", c."lane", timestamptz 'infinity')
                ORDER BY t."agent_uid" DESC, t."what" DESC, t."lane" DESC, t."at" DESC LIMIT 1) e
            CROSS JOIN LATERAL (SELECT t."before", t."agent_uid", t."what", t."lane" FROM "agent_tallies" t
                WHERE (t."agent_uid", t."what", t."lane", t."at") > ("agent", x."action", c."lane", "moment" - interval '24 hours')
                ORDER BY t."agent_uid", t."what", t."lane", t."at" LIMIT 1) d
            LEFT JOIN LATERAL (SELECT t."before", t."agent_uid", t."what", t."lane" FROM "agent_tallies" t
                WHERE (t."agent_uid", t."what", t."lane", t."at") > ("agent", x."action", c."lane", "moment" - interval '1 hour')
                ORDER BY t."agent_uid", t."what", t."lane", t."at" LIMIT 1) h
                ON (h."agent_uid", h."what", h."lane") = ("agent", x."action", c."lane")
            WHERE c."agent_uid" = "agent" AND (e."agent_uid", e."what", e."lane") = ("agent", x."action", c."lane")
              AND (d."agent_uid", d."what", d."lane") = ("agent", x."action", c."lane")
            GROUP BY x."action" HAVING sum(e."upto" - d."before") <> 0) n))
    INTO "answer";
    RETURN "answer";
END $$;

-- Upkeep ---------------------------------------------------------------------------------------------------------------

-- What the counters of an agent say that its rows do not, null where they agree: how many open grants too many, and of how
-- many instants the number is another. One statement, so that both are of one moment whoever writes meanwhile.
CREATE FUNCTION "agent_counters_differ"("agent" BIGINT) RETURNS JSON LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    "horizon" TIMESTAMPTZ := clock_timestamp() - interval '24 hours 10 minutes';
    "found" RECORD;
BEGIN
    WITH lanes AS MATERIALIZED (SELECT c."lane", c."open_grants" FROM "agent_counters" c WHERE c."agent_uid" = "agent"),
    there AS (SELECT r."what", r."at", count(*) AS "own" FROM (
            SELECT a."action" AS "what", g."created_at" AS "at" FROM "grants" g CROSS JOIN unnest(g."actions") a("action")
            WHERE g."agent_uid" = "agent" AND g."created_at" > "horizon"
            UNION ALL
            SELECT '', e."decided_at" FROM "escalations" e WHERE e."agent_uid" = "agent" AND e."status" = 'denied'
              AND e."denial" ->> 'code' <> 'identical_denied' AND e."decided_at" > "horizon") r
        GROUP BY r."what", r."at"),
    told AS (SELECT t."what", t."at", t."upto" - t."before" AS "own", l."lane" IS NULL
                 OR t."before" <> lag(t."upto", 1, t."before") OVER (PARTITION BY t."what", t."lane" ORDER BY t."at") AS "odd"
        FROM "agent_tallies" t LEFT JOIN lanes l ON l."lane" = t."lane" WHERE t."agent_uid" = "agent" AND t."at" > "horizon"),
    summed AS (SELECT t."what", t."at", sum(t."own") AS "own", bool_or(t."odd") AS "odd" FROM told t GROUP BY t."what", t."at")
    SELECT (SELECT count(*) FROM lanes) AS "lanes",
        (SELECT coalesce(sum(l."open_grants"), 0) FROM lanes l)
          - (SELECT count(*) FROM "grants" g WHERE g."agent_uid" = "agent" AND g."status" IN ('ready', 'active')
               AND g."parents" IS NULL AND g."heartbeat_seconds" IS NULL) AS "open",
        (SELECT count(*) FROM there r FULL JOIN summed s ON s."what" = r."what" AND s."at" = r."at"
         WHERE coalesce(r."own", 0) <> coalesce(s."own", 0) OR s."odd") AS "instants"
    INTO "found";
    IF "found"."open" = 0 AND "found"."instants" = 0 AND "found"."lanes" <= 4 THEN
        RETURN NULL;
    END IF;
    RETURN json_build_object('open', "found"."open", 'instants', "found"."instants", 'lanes', "found"."lanes");
END $$;

-- Replaces the lanes of an agent by one that says what the rows say and the lanes opened meanwhile do not. Returns what was
-- wrong, null for nothing. Whoever counts now is waited for, and who counts from here on takes a new lane.
CREATE FUNCTION "mend_agent_counters"("agent" BIGINT) RETURNS JSON LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    "old" BIGINT[];
    "fresh" BIGINT;
    "wrong" JSON;
    "horizon" TIMESTAMPTZ := clock_timestamp() - interval '24 hours 10 minutes';
BEGIN
    PERFORM set_config('writ.counters', 'kept', true);
    "old" := ARRAY(SELECT c."lane" FROM "agent_counters" c WHERE c."agent_uid" = "agent" ORDER BY c."lane" FOR UPDATE);
    "wrong" := "agent_counters_differ"("agent");
    IF "wrong" IS NULL THEN
        PERFORM set_config('writ.counters', '', true);
        RETURN NULL;
    END IF;
    DELETE FROM "agent_tallies" t WHERE t."agent_uid" = "agent" AND (t."lane" = ANY ("old")
        OR NOT EXISTS (SELECT 1 FROM "agent_counters" c WHERE c."agent_uid" = "agent" AND c."lane" = t."lane"));
    DELETE FROM "agent_counters" c WHERE c."agent_uid" = "agent" AND c."lane" = ANY ("old");
    INSERT INTO "agent_counters" ("agent_uid", "open_grants")
    SELECT "agent", (SELECT count(*) FROM "grants" g WHERE g."agent_uid" = "agent" AND g."status" IN ('ready', 'active')
                       AND g."parents" IS NULL AND g."heartbeat_seconds" IS NULL)
        - (SELECT coalesce(sum(c."open_grants"), 0) FROM "agent_counters" c WHERE c."agent_uid" = "agent")
    RETURNING "lane" INTO "fresh";
    INSERT INTO "agent_tallies" ("agent_uid", "what", "lane", "at", "before", "upto")
    SELECT "agent", n."what", "fresh", n."at", sum(n."own") OVER w - n."own", sum(n."own") OVER w FROM (
        SELECT r."what", r."at", sum(r."own") AS "own" FROM (
            SELECT a."action" AS "what", g."created_at" AS "at", 1 AS "own" FROM "grants" g CROSS JOIN unnest(g."actions") a("action")
            WHERE g."agent_uid" = "agent" AND g."created_at" > "horizon"
            UNION ALL
            SELECT '', e."decided_at", 1 FROM "escalations" e WHERE e."agent_uid" = "agent" AND e."status" = 'denied'
              AND e."denial" ->> 'code' <> 'identical_denied' AND e."decided_at" > "horizon"
            UNION ALL
            SELECT t."what", t."at", t."before" - t."upto" FROM "agent_tallies" t WHERE t."agent_uid" = "agent" AND t."at" > "horizon") r
        GROUP BY r."what", r."at" HAVING sum(r."own") <> 0) n
    WINDOW w AS (PARTITION BY n."what" ORDER BY n."at");
    PERFORM set_config('writ.counters', '', true);
    RETURN "wrong";
END $$;

-- Totals that no window reaches any more. Returns how many went, at most so many.
CREATE FUNCTION "forget_tallies"("most" INTEGER) RETURNS INTEGER LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    "gone" INTEGER;
BEGIN
    PERFORM set_config('writ.counters', 'kept', true);
    DELETE FROM "agent_tallies" WHERE ctid = ANY (ARRAY(
        SELECT t.ctid FROM "agent_tallies" t WHERE t."at" < clock_timestamp() - interval '25 hours' ORDER BY t."at" LIMIT "most"));
    GET DIAGNOSTICS "gone" = ROW_COUNT;
    PERFORM set_config('writ.counters', '', true);
    RETURN "gone";
END $$;

-- Forgets the stops that have no end left to write: whoever could not know of one when it was found committed is done, and
-- after that no grant was open that it had ended. Whoever comes later knows of it. Takes two runs.
CREATE FUNCTION "write_off_stops"() RETURNS VOID LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('writ.counters', 'kept', true);
    IF NOT EXISTS (SELECT 1 FROM "stops_unwritten") THEN
        PERFORM set_config('writ.counters', '', true);
        RETURN;
    END IF;
    DELETE FROM "stops_unwritten" s WHERE s."seen" <= pg_snapshot_xmin(pg_current_snapshot()) AND NOT CASE s."kind"
        WHEN 'key' THEN EXISTS (SELECT 1 FROM "tokens" t JOIN "grants" g ON g."id" = t."grant_id" AND g."status" IN ('ready', 'active')
            WHERE t."kid" = s."stop" AND t."ended_at" IS NULL)
        WHEN 'restore' THEN EXISTS (SELECT 1 FROM "restore_epochs" r JOIN "grants" g ON g."status" IN ('ready', 'active')
            JOIN "escalations" e ON e."id" = g."escalation_id" AND e."created_at" <= r."declared_at"
            WHERE r."id" = s."stop"::bigint AND r."reviewed_at" > clock_timestamp() - interval '8 days')
        ELSE EXISTS (SELECT 1 FROM "kill_switches" k JOIN "escalations" e ON e."agent_uid" = s."agent_uid"
                AND e."task_id" = substr(k."subject", strpos(k."subject", '/') + 1) AND e."created_at" <= k."not_before"
            JOIN "grants" g ON g."escalation_id" = e."id" AND g."status" IN ('ready', 'active')
            WHERE k."id" = s."stop"::bigint AND k."kind" = 'task' AND k."not_before" > clock_timestamp() - interval '8 days'
              AND NOT EXISTS (SELECT 1 FROM "broken_seals" b WHERE b."kind" = 'kill' AND b."row" = s."stop"))
          OR EXISTS (SELECT 1 FROM "kill_switches" k JOIN "votes" v ON v."person_id" = k."subject" AND v."verdict" = 'approve'
                AND v."at" <= k."not_before" AND v."at" > k."not_before" - interval '8 days'
            JOIN "grants" g ON g."escalation_id" = v."escalation_id" AND g."status" IN ('ready', 'active')
            WHERE k."id" = s."stop"::bigint AND k."kind" = 'approver' AND k."not_before" > clock_timestamp() - interval '8 days'
              AND NOT EXISTS (SELECT 1 FROM "broken_seals" b WHERE b."kind" = 'kill' AND b."row" = s."stop"))
        END;
    -- One that has not come yet is of another server, whose dump this is.
    UPDATE "stops_unwritten" SET "seen" = pg_snapshot_xmax(pg_current_snapshot())
    WHERE "seen" IS NULL OR "seen" > pg_snapshot_xmax(pg_current_snapshot());
    PERFORM set_config('writ.counters', '', true);
END $$;

CREATE TRIGGER "agent_counters_kept" BEFORE INSERT OR UPDATE OR DELETE ON "agent_counters" FOR EACH STATEMENT
    WHEN (pg_trigger_depth() = 0 AND current_setting('writ.counters', true) IS DISTINCT FROM 'kept')
    EXECUTE FUNCTION "refuse_change"('counted by the database alone');
CREATE TRIGGER "agent_counters_stay" BEFORE TRUNCATE ON "agent_counters" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "agent_tallies_kept" BEFORE INSERT OR UPDATE OR DELETE ON "agent_tallies" FOR EACH STATEMENT
    WHEN (pg_trigger_depth() = 0 AND current_setting('writ.counters', true) IS DISTINCT FROM 'kept')
    EXECUTE FUNCTION "refuse_change"('counted by the database alone');
CREATE TRIGGER "agent_tallies_stay" BEFORE TRUNCATE ON "agent_tallies" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
CREATE TRIGGER "stops_unwritten_kept" BEFORE INSERT OR UPDATE OR DELETE ON "stops_unwritten" FOR EACH STATEMENT
    WHEN (pg_trigger_depth() = 0 AND current_setting('writ.counters', true) IS DISTINCT FROM 'kept')
    EXECUTE FUNCTION "refuse_change"('written off by the database alone');
CREATE TRIGGER "stops_unwritten_stay" BEFORE TRUNCATE ON "stops_unwritten" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_rewrite"();
