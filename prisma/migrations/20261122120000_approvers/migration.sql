-- Approvers: decide in ten seconds, safely, wherever they are.
-- One section for each thing that is kept. Rights of the data role follow from the default privileges of the first migration.

