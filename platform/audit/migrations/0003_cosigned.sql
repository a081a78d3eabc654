-- The last checkpoint of each hour (since 1970) that so many witnesses have signed, with their lines.
CREATE TABLE audit_cosigned (
    hour BIGINT NOT NULL,
    signers BIGINT NOT NULL,
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (hour, signers)
);
CREATE INDEX audit_cosigned_by_size ON audit_cosigned (size);
