-- What the program's own database role may do: everything but change history. `alongside migrate` calls this for the role of DATABASE_URL.

CREATE FUNCTION grant_program(program name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', program);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', program);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %I', program);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit, consents, meeting_history FROM %I', program);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON migrations FROM %I', program);
END $$;
REVOKE ALL ON FUNCTION grant_program(name) FROM PUBLIC;
