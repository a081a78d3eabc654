-- The office that a person serves in, as an operator has set it.
ALTER TABLE identity_actor ADD COLUMN office TEXT;
