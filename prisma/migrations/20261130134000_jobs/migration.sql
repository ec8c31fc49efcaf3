-- No job for what nobody waits for.

-- False where policy allowed the grant by itself: no card, no thread, no reminder of its end, which the sweeper finds. It
-- says who is told and decides nothing, so no seal covers it; it never changes. Of grants from before, and of those that a
-- process of the version before still makes, it is taken that people saw them.
ALTER TABLE "grants" ADD COLUMN "people_asked" BOOLEAN NOT NULL DEFAULT true;
CREATE TRIGGER "grants_people_asked_stays" BEFORE UPDATE ON "grants" FOR EACH ROW
    WHEN (OLD."people_asked" IS DISTINCT FROM NEW."people_asked") EXECUTE FUNCTION "refuse_change"('who was asked for a grant never changes');
