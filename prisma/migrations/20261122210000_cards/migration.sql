-- Cards: which of two states of a message is the newer one.

-- Until now what changed around a request was added to "version_shown", and a decided card could look older than the one
-- with buttons. Uses of a token, which show nowhere, were added too. A card with such a sum is marked as behind, so that
-- the sweep over lost cards rewrites it.
ALTER TABLE "slack_cards" ADD COLUMN "minor_shown" INTEGER NOT NULL DEFAULT 0;
UPDATE "slack_cards" c SET "version_shown" = 0
FROM "escalations" e LEFT JOIN "grants" g ON g."escalation_id" = e."id"
WHERE c."escalation_id" = e."id" AND c."ts" IS NOT NULL AND c."version_shown" > e."version" + coalesce(g."version" - g."uses", 0);
