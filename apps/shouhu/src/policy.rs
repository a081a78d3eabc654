//! `shouhu policy`: who may do what in this house, whether a file of rules holds, and what it would change. Nothing is opened but files of rules.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use shouhu_env::{DiskError, Env};
use shouhu_http::built_in_policies;
use shouhu_policy::{Policies, Reach, Resource, Rule, diff, rows_diff};
use shouhu_wire::Role;

use crate::{MODULES, Options};

#[derive(Subcommand)]
pub enum Act {
    /// Print every permission with the roles that have it, by the rules of this house, and the rules that hide rows.
    Show,
    /// Read a file of rules as the server would at its start, and print what it changes against the rooms' own lists.
    Check { file: PathBuf },
    /// Print who gains and who loses what, and who sees more or fewer rows, when the second file takes the place of the first. A file that is empty or missing stands for the rooms' own lists.
    Diff { old: PathBuf, new: PathBuf },
}

/// # Errors
/// What is wrong with a file, with its line.
pub fn run(act: &Act, options: &Options, env: &Env) -> anyhow::Result<()> {
    match act {
        Act::Show => {
            let policies = options.policies(env)?;
            print!("{}", table(&policies));
            for rule in policies.rules().iter().filter(|rule| rule.resource().is_some()) {
                println!("{}", told(rule));
            }
        }
        Act::Check { file } => {
            let text = env.disk.read(file).with_context(|| format!("{} cannot be read", file.display()))?;
            let built_in = built_in_policies(MODULES)?;
            let policies = built_in.and_file(&text, &name_of(file))?;
            let rules = policies.rules();
            println!("{} {}", rules.len(), if rules.len() == 1 { "rule holds" } else { "rules hold" });
            for rule in rules {
                println!("  {}", told(rule));
            }
            print!("{}", changes(&built_in, &policies));
        }
        Act::Diff { old, new } => print!("{}", changes(&read(old, env)?, &read(new, env)?)),
    }
    Ok(())
}

/// As rules and errors call it.
pub fn name_of(file: &Path) -> String {
    file.file_name().map_or_else(|| "policy.cedar".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn read(file: &Path, env: &Env) -> anyhow::Result<Policies> {
    let bytes = match env.disk.read(file) {
        Err(DiskError::Missing { .. }) => {
            eprintln!("{} is not there: the rooms' own lists", file.display());
            Vec::new()
        }
        other => other.with_context(|| format!("{} cannot be read", file.display()))?,
    };
    Ok(built_in_policies(MODULES)?.and_file(&bytes, &name_of(file))?)
}

fn told(rule: &Rule) -> String {
    let verb = match rule.resource() {
        Some(Resource::Incident) => "hides incidents",
        Some(Resource::Camera) => "hides what cameras recorded",
        None if rule.is_permit => "permits",
        None => "forbids",
    };
    let life = rule.life.as_ref().map(|life| format!(", also what saves lives: {life}")).unwrap_or_default();
    format!("line {}: {} {verb}: {}{life}", rule.line, rule.id, rule.why)
}

fn changes(old: &Policies, new: &Policies) -> String {
    let mut lines: Vec<String> = diff(old, new).iter().map(|change| format!("{change}\n")).collect();
    lines.extend(rows_diff(old, new).iter().map(|change| format!("{change}\n")));
    if lines.is_empty() { "nobody gains or loses anything\n".into() } else { lines.concat() }
}

/// `●` always, `◐` in some circumstances, `·` never.
fn table(policies: &Policies) -> String {
    let width = policies.grants().map(|grant| grant.permission.len()).max().unwrap_or_default();
    let heads = Role::ALL.map(Role::as_str);
    let mut lines = format!("{:width$}  {}\n", "", heads.join("  "));
    for grant in policies.grants() {
        let marks = Role::ALL.map(|role| {
            let mark = match policies.reach(role, &grant.permission) {
                Reach::Always => "●",
                Reach::Sometimes => "◐",
                Reach::Never => "·",
            };
            format!("{mark:<wide$}", wide = role.as_str().len())
        });
        lines.push_str(format!("{:width$}  {}", grant.permission, marks.join("  ")).trim_end());
        lines.push('\n');
    }
    lines
}
