-- One row, which whoever imports an address file changes first: two imports cannot take the same version, nor pass the limit of sources.
CREATE TABLE operations_importing (
    id BIGINT PRIMARY KEY,
    times BIGINT NOT NULL
);
INSERT INTO operations_importing (id, times) VALUES (1, 0);
