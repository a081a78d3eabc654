-- A person's own sign-ins, for who looks at them and takes one back.
CREATE INDEX sso_login_actor ON sso_login (actor);
