-- What is kept of a client secret that was verified: an HMAC under a key of the master key's, over the client, the
-- configured hash and the secret. A row that anybody else writes matches nothing.
CREATE TABLE "verified_secrets" (
    "client_id" TEXT PRIMARY KEY,
    "mark" BYTEA NOT NULL CHECK (octet_length("mark") = 32),
    "verified_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp()
);

-- Calls of one caller in one minute, by what the calls do; over all processes. Asks have theirs in rate_windows.
CREATE TABLE "call_windows" (
    "caller" TEXT NOT NULL,
    "budget" TEXT NOT NULL,
    "window_start" TIMESTAMPTZ(6) NOT NULL,
    "calls" INTEGER NOT NULL,
    PRIMARY KEY ("caller", "budget", "window_start")
);
CREATE INDEX "call_windows_start" ON "call_windows" ("window_start");
