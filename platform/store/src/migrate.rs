//! Schema changes: applied once, in order, checked for later edits.
//!
//! Every module brings its own list. A migration that has been applied is history: when its text changes, the program
//! refuses to start, because two databases with the same name for different schemas cannot be reasoned about.

use sha2::{Digest, Sha256};

use crate::{Backend, Store, StoreError, Tx, params};

#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `0001_what_it_does`; applied in the order of the slice.
    pub name: &'static str,
    pub sql: &'static str,
}

/// The migrations of one module; its tables begin with the module's name.
#[derive(Debug, Clone, Copy)]
pub struct ModuleMigrations {
    pub module: &'static str,
    pub migrations: &'static [Migration],
}

fn checksum(sql: &str) -> String {
    hex::encode(Sha256::digest(sql.as_bytes()))
}

impl Store {
    /// Brings the schema up to date. Returns how many migrations were applied.
    ///
    /// # Errors
    /// When an applied migration was changed or is unknown, or the SQL fails; nothing of the failed one is then kept.
    pub async fn migrate(&self, modules: &[ModuleMigrations]) -> Result<usize, StoreError> {
        let mut tx = self.begin().await?;
        let applied = self.migrate_in(&mut tx, modules).await?;
        tx.commit().await?;
        Ok(applied)
    }

    /// Whoever changes the schema is alone in it until its transaction ends.
    pub(crate) async fn lock_schema(&self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.backend() == Backend::Postgres {
            // Two servers that start together must not both migrate: the second waits here.
            tx.execute("SELECT pg_advisory_xact_lock($1)", params![0x5348_4f55_4855_i64]).await?;
        }
        Ok(())
    }

    pub(crate) async fn migrate_in(&self, tx: &mut Tx, modules: &[ModuleMigrations]) -> Result<usize, StoreError> {
        self.lock_schema(tx).await?;
        tx.execute_script(
            "CREATE TABLE IF NOT EXISTS schema_migration (\
             module TEXT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at_us BIGINT NOT NULL, \
             PRIMARY KEY (module, name))",
        )
        .await?;
        let known = tx.fetch("SELECT module, name, checksum FROM schema_migration", vec![]).await?;
        for row in &known {
            let (module, name) = (row.text("module")?, row.text("name")?);
            let ours = modules.iter().filter(|m| m.module == module).flat_map(|m| m.migrations).find(|m| m.name == name);
            match ours {
                None => return Err(StoreError::MigrationUnknown { module, name }),
                Some(ours) if checksum(ours.sql) != row.text("checksum")? => {
                    return Err(StoreError::MigrationChanged { module, name });
                }
                Some(_) => {}
            }
        }
        let mut applied = 0;
        for module in modules {
            for migration in module.migrations {
                let is_known = known.iter().any(|row| {
                    row.text("module").is_ok_and(|m| m == module.module) && row.text("name").is_ok_and(|n| n == migration.name)
                });
                if !is_known {
                    self.apply(tx, module.module, migration).await?;
                    applied += 1;
                }
            }
        }
        Ok(applied)
    }

    async fn apply(&self, tx: &mut Tx, module: &str, migration: &Migration) -> Result<(), StoreError> {
        let blob = match self.backend() {
            Backend::Sqlite => "BLOB",
            Backend::Postgres => "BYTEA",
        };
        tx.execute_script(&migration.sql.replace("{{BLOB}}", blob)).await.map_err(|e| StoreError::Sql {
            detail: format!("migration {module}/{}: {e}", migration.name),
        })?;
        tx.execute(
            "INSERT INTO schema_migration (module, name, checksum, applied_at_us) VALUES ($1, $2, $3, $4)",
            params![module, migration.name, checksum(migration.sql), self.env.now()],
        )
        .await?;
        Ok(())
    }
}
