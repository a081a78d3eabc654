-- A plan that was proposed because a crew was called away: who, to what, when (a JSON object), and once for each plan, crew and incident.
ALTER TABLE patrol_plan ADD COLUMN retask TEXT;
ALTER TABLE patrol_plan ADD COLUMN retask_key TEXT;
CREATE UNIQUE INDEX patrol_plan_retask ON patrol_plan (retask_key);
