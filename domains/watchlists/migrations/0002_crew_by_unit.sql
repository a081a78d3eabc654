-- Each word on an order asks at which hits its unit hangs.
CREATE INDEX watchlists_hit_crew_by_unit ON watchlists_hit_crew (unit_id);
