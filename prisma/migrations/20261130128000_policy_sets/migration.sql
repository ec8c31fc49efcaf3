-- When a configuration was applied, under a seal of its own: the history of policy says it. Rows from before have none.
ALTER TABLE "config_versions" ADD COLUMN "applied_mac" TEXT;
