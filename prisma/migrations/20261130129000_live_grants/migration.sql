-- Live grants by risk: the highest risk first, then the nearest end, read from an index.

-- The highest risk of the granted actions when the grant was made: 0 high, 1 medium, 2 low. It orders lists and decides
-- nothing, so no seal covers it; it never changes.
ALTER TABLE "grants" ADD COLUMN "risk_order" SMALLINT,
    ADD CONSTRAINT "grants_risk" CHECK ("risk_order" BETWEEN 0 AND 2);

CREATE FUNCTION "risk_order_of"(risk TEXT) RETURNS SMALLINT LANGUAGE sql IMMUTABLE AS $$
    SELECT (CASE risk WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END)::smallint
$$;

-- Live grants from before have the risk of what was asked, which is never lower than that of what was granted. Those that
-- have ended stay without: nobody lists them by risk, and rewriting all of history would hold up everybody meanwhile.
ALTER TABLE "grants" DISABLE TRIGGER USER;
UPDATE "grants" g SET "risk_order" = "risk_order_of"(e."risk") FROM "escalations" e WHERE e."id" = g."escalation_id"
    AND g."status" IN ('ready', 'active');
ALTER TABLE "grants" ENABLE TRIGGER USER;

-- So have those that a process of the version before still makes.
CREATE FUNCTION "grant_risk_as_asked"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW."risk_order" := (SELECT "risk_order_of"(e."risk") FROM "escalations" e WHERE e."id" = NEW."escalation_id");
    RETURN NEW;
END $$;
CREATE TRIGGER "grants_risk_as_asked" BEFORE INSERT ON "grants" FOR EACH ROW
    WHEN (NEW."risk_order" IS NULL) EXECUTE FUNCTION "grant_risk_as_asked"();
CREATE TRIGGER "grants_risk_stays" BEFORE UPDATE ON "grants" FOR EACH ROW
    WHEN (OLD."risk_order" IS DISTINCT FROM NEW."risk_order") EXECUTE FUNCTION "refuse_change"('the risk of what was granted never changes');

CREATE INDEX "grants_live" ON "grants" ("status", "risk_order", "deadline", "id") WHERE "status" IN ('ready', 'active');
