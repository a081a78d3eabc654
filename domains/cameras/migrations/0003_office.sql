-- Whose camera it is, as people's offices are written: rules about rows compare the two. Null: nobody has said.
ALTER TABLE cameras_camera ADD COLUMN office TEXT;
