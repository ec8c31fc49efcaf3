-- Slack: which causes of a failing card were told.

-- The history tells each cause once until Slack takes the card, whichever worker tries and however often. Emptied then.
ALTER TABLE "slack_cards" ADD COLUMN "failures" TEXT[] NOT NULL DEFAULT '{}';
