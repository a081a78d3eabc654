-- What the colour in a picture is compared with; a colour in vehicle_note is words for people only.
ALTER TABLE watchlists_entry ADD COLUMN vehicle_colour TEXT;
