//! All rules of a house, ready to decide.
//!
//! Who has no rule of the force about him and the permission is answered from what Cedar said at the start; else Cedar is asked about the policies whose
//! scope fits, and what it said is kept: a decision follows from the question alone. Tests hold that all three answer as the whole set does.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use cedar_policy::{AuthorizationError, Authorizer, Context, Decision as Said, Entities, Entity, EntityUid, PolicySet, Request, Response, RestrictedExpression};
use shouhu_wire::Role;

use crate::file::{self, PolicyError, Rule, words_of};
use crate::vocabulary::{Grant, Vocabulary};
use crate::{Ask, Decision, Door, Kind, Reason, Who};

#[derive(Clone)]
pub struct Policies {
    vocabulary: Arc<Vocabulary>,
    rules: Arc<[Rule]>,
    actions: Arc<HashMap<String, Action>>,
    authorizer: Authorizer,
    kept: Arc<Kept>,
}

/// So many decisions are kept; then all are forgotten.
const KEPT_MAX: usize = 8_192;

/// What Cedar has said. A question's hour is in its key, so that what is old is not asked for any more.
#[derive(Default)]
struct Kept {
    /// Else rules look at roles, offices and units alone, and who asks makes no difference.
    is_by_person: bool,
    decisions: RwLock<HashMap<Question, Decision>>,
}

/// Everything that a rule can look at.
#[derive(PartialEq, Eq, Hash)]
struct Question {
    role: Role,
    door: Door,
    hour_local: u8,
    permission: String,
    purpose: Option<String>,
    office: Option<String>,
    unit: Option<String>,
    person: Option<String>,
}

impl Kept {
    fn question(&self, ask: &Ask<'_>) -> Question {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        Question {
            role: ask.who.role,
            door: ask.door,
            hour_local: ask.hour_local,
            permission: ask.permission.to_owned(),
            purpose: owned(ask.purpose),
            office: owned(ask.who.office),
            unit: owned(ask.who.unit),
            person: self.is_by_person.then(|| ask.who.id.to_owned()),
        }
    }

    fn of(&self, question: &Question) -> Option<Decision> {
        self.decisions.read().unwrap_or_else(PoisonError::into_inner).get(question).cloned()
    }

    fn keep(&self, question: Question, decision: &Decision) {
        let mut decisions = self.decisions.write().unwrap_or_else(PoisonError::into_inner);
        if decisions.len() >= KEPT_MAX {
            decisions.clear();
        }
        decisions.insert(question, decision.clone());
    }
}

/// What is worked out once for a permission.
struct Action {
    uid: EntityUid,
    entities: [Entity; 2],
    cells: BTreeMap<Role, Cell>,
}

/// For one role and permission.
struct Cell {
    /// What the rooms' lists say, as Cedar read them.
    is_listed: bool,
    /// The policies that may hold; `None` when none of them is the force's.
    usual: Option<PolicySet>,
    /// As `usual`, for what saves lives.
    life: Option<PolicySet>,
}

impl Policies {
    /// The rooms' lists and nothing else.
    ///
    /// # Errors
    /// When the lists name something twice, or something that is no name.
    pub fn built_in(permissions: &[Grant], purposes: &[&str]) -> Result<Self, PolicyError> {
        let vocabulary = Arc::new(Vocabulary::new(permissions, purposes)?);
        Self::of(vocabulary, Arc::default())
    }

    /// With the rules of a file besides those that are there. An empty text adds none.
    ///
    /// # Errors
    /// The first thing that is wrong, with file and line.
    pub fn and(&self, text: &str, name: &str) -> Result<Self, PolicyError> {
        let mut rules = self.rules.to_vec();
        for rule in file::read(text, name, &self.vocabulary)? {
            if rules.iter().any(|other| other.id == rule.id) {
                let reason = format!("another file has a rule {:?}", rule.id);
                return Err(PolicyError::Rule { file: name.to_owned(), line: rule.line, reason });
            }
            rules.push(rule);
        }
        if rules.len() == self.rules.len() { Ok(self.clone()) } else { Self::of(Arc::clone(&self.vocabulary), rules.into()) }
    }

    /// As [`Policies::and`], of a file's bytes.
    ///
    /// # Errors
    /// As [`Policies::and`], and when it is no UTF-8.
    pub fn and_file(&self, bytes: &[u8], name: &str) -> Result<Self, PolicyError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = 1 + bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
            PolicyError::Rule { file: name.to_owned(), line, reason: "what stands here is no UTF-8".into() }
        })?;
        self.and(text, name)
    }

    fn of(vocabulary: Arc<Vocabulary>, rules: Arc<[Rule]>) -> Result<Self, PolicyError> {
        let kept = Kept { is_by_person: words_of(rules.iter()).names.contains("Person"), ..Kept::default() };
        let mut policies = Self { vocabulary, rules, actions: Arc::default(), authorizer: Authorizer::new(), kept: Arc::new(kept) };
        let mut actions = HashMap::new();
        for name in policies.vocabulary.grants.keys() {
            let mut action = Action { uid: policies.vocabulary.action(name), entities: policies.vocabulary.action_entities(name), cells: BTreeMap::new() };
            for role in Role::ALL {
                let cell = policies.cell(&action, name, role)?;
                action.cells.insert(role, cell);
            }
            actions.insert(name.clone(), action);
        }
        policies.actions = Arc::new(actions);
        Ok(policies)
    }

    fn cell(&self, action: &Action, permission: &str, role: Role) -> Result<Cell, PolicyError> {
        let about: Vec<&Rule> = self.rules.iter().filter(|rule| rule.may_hold_for(&self.vocabulary, role, permission)).collect();
        let with = |rules: &[&Rule]| {
            let generated = self.vocabulary.built_for(role, permission).cloned();
            let all = generated.chain(rules.iter().map(|rule| rule.policy.clone()));
            PolicySet::from_policies(all).map_err(|error| PolicyError::Built(error.to_string()))
        };
        let who = Who { id: "", role, office: None, unit: None };
        let ask = Ask { who, permission, door: Door::of(Kind::Plain), purpose: None, hour_local: 0 };
        let is_listed = self.asked(action, &with(&[])?, &ask).is_some_and(|response| response.decision() == Said::Allow);
        let for_life: Vec<&Rule> = about.iter().copied().filter(|rule| rule.holds_for_life()).collect();
        let some = |rules: &[&Rule]| if rules.is_empty() { Ok(None) } else { with(rules).map(Some) };
        Ok(Cell { is_listed, usual: some(&about)?, life: some(&for_life)? })
    }

    /// Whether it is permitted. What is not known is not.
    #[must_use]
    pub fn decide(&self, ask: &Ask<'_>) -> Decision {
        let Some((action, cell)) = self.cell_of(ask.who.role, ask.permission) else { return Decision::listed(false) };
        let set = if ask.door.is_life { &cell.life } else { &cell.usual };
        let Some(set) = set else { return Decision::listed(cell.is_listed) };
        let purpose = ask.purpose.filter(|said| self.purposes().iter().any(|known| known == said));
        let ask = &Ask { purpose, ..*ask };
        let question = self.kept.question(ask);
        if let Some(decision) = self.kept.of(&question) {
            return decision;
        }
        let decision = self.decide_by(action, cell, set, ask);
        self.kept.keep(question, &decision);
        decision
    }

    /// As [`Policies::decide`], for the many questions of a comparison: they are asked once.
    pub(crate) fn decide_anew(&self, ask: &Ask<'_>) -> Decision {
        let Some((action, cell)) = self.cell_of(ask.who.role, ask.permission) else { return Decision::listed(false) };
        match if ask.door.is_life { &cell.life } else { &cell.usual } {
            Some(set) => self.decide_by(action, cell, set, ask),
            None => Decision::listed(cell.is_listed),
        }
    }

    fn decide_by(&self, action: &Action, cell: &Cell, set: &PolicySet, ask: &Ask<'_>) -> Decision {
        match self.asked(action, set, ask) {
            Some(response) => self.decision(ask, &response),
            // Not even asked: as if a rule had failed.
            None => Decision::listed(cell.is_listed && ask.door.is_life),
        }
    }

    fn cell_of(&self, role: Role, permission: &str) -> Option<(&Action, &Cell)> {
        let action = self.actions.get(permission)?;
        Some((action, action.cells.get(&role)?))
    }

    /// Whether some policy could permit it at all.
    pub(crate) fn may_permit(&self, role: Role, permission: &str) -> bool {
        let is_listed = self.cell_of(role, permission).is_some_and(|(_, cell)| cell.is_listed);
        is_listed || self.rules_about(role, permission).any(|rule| rule.is_permit)
    }

    /// As [`Policies::decide`] for what has no route of its own: a fact on the live stream, a part of an answer. It saves lives where a route that asks for
    /// the permission does.
    #[must_use]
    pub fn decide_apart(&self, who: Who<'_>, permission: &str, hour_local: u8) -> Decision {
        let is_life = self.grant(permission).is_some_and(|grant| grant.doors.iter().any(|door| door.is_life));
        let door = Door { is_life, ..Door::of(Kind::WorkRead) };
        self.decide(&Ask { who, permission, door, purpose: None, hour_local })
    }

    /// Whether some door opens to somebody at this hour, for some purpose.
    #[must_use]
    pub fn opens(&self, who: Who<'_>, permission: &str, hour_local: u8) -> bool {
        let Some(grant) = self.grant(permission) else { return false };
        if grant.doors.is_empty() {
            return self.decide_apart(who, permission, hour_local).is_permitted;
        }
        let purposes = || std::iter::once(None).chain(self.purposes().iter().map(|purpose| Some(purpose.as_str())));
        let is_open = |door: Door, purpose| self.decide(&Ask { who, permission, door, purpose, hour_local }).is_permitted;
        grant.doors.iter().any(|door| purposes().filter(|purpose| purpose.is_none() == (door.kind != Kind::PersonalRead)).any(|purpose| is_open(*door, purpose)))
    }

    fn decision(&self, ask: &Ask<'_>, response: &Response) -> Decision {
        let mut decision = Decision::listed(response.decision() == Said::Allow);
        for AuthorizationError::PolicyEvaluationError(error) in response.diagnostics().errors() {
            decision.faults.extend(self.reason(error.policy_id().as_ref()));
        }
        if !decision.faults.is_empty() && !ask.door.is_life {
            decision.is_permitted = false;
            decision.reasons.clone_from(&decision.faults);
            return decision;
        }
        decision.reasons.extend(response.diagnostics().reason().filter_map(|id| self.reason(id.as_ref())));
        decision.reasons.sort();
        decision
    }

    /// Of a rule of the force; none of a generated one.
    fn reason(&self, id: &str) -> Option<Reason> {
        let rule = self.rules.iter().find(|rule| rule.id == id)?;
        Some(Reason { id: rule.id.clone(), why: rule.why.clone() })
    }

    /// What Cedar says; `None` where it cannot be asked, which strict validation and closed types leave no way to.
    fn asked(&self, action: &Action, set: &PolicySet, ask: &Ask<'_>) -> Option<Response> {
        let (request, entities) = self.request(action, ask)?;
        Some(self.authorizer.is_authorized(&request, set, &entities))
    }

    fn request(&self, action: &Action, ask: &Ask<'_>) -> Option<(Request, Entities)> {
        let vocabulary = &self.vocabulary;
        let (person, role) = (vocabulary.person(ask.who.id), vocabulary.role(ask.who.role));
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let mut attributes = HashMap::from([("role".to_owned(), RestrictedExpression::new_entity_uid(role.clone()))]);
        attributes.extend(ask.who.office.map(|office| ("office".to_owned(), text(office))));
        attributes.extend(ask.who.unit.map(|unit| ("unit".to_owned(), text(unit))));
        let principal = Entity::new(person.clone(), attributes, [role].into()).ok()?;
        let [own, group] = action.entities.clone();
        let entities = Entities::from_entities([principal, own, group], None).ok()?;
        let context = [
            ("hour_local".to_owned(), RestrictedExpression::new_long(i64::from(ask.hour_local))),
            ("kind".to_owned(), RestrictedExpression::new_entity_uid(vocabulary.kind(ask.door.kind))),
            ("is_bulk".to_owned(), RestrictedExpression::new_bool(ask.door.is_bulk)),
            ("is_life".to_owned(), RestrictedExpression::new_bool(ask.door.is_life)),
        ];
        let said = ask.purpose.map(|purpose| ("purpose".to_owned(), RestrictedExpression::new_entity_uid(vocabulary.purpose(purpose))));
        let context = Context::from_pairs(context.into_iter().chain(said)).ok()?;
        let request = Request::new(person, action.uid.clone(), vocabulary.house(), context, None).ok()?;
        Some((request, entities))
    }

    /// The force's rules, as they stand in the file.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What the rooms list, by name.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.vocabulary.grants.values()
    }

    #[must_use]
    pub fn grant(&self, permission: &str) -> Option<&Grant> {
        self.vocabulary.grants.get(permission)
    }

    #[must_use]
    pub fn purposes(&self) -> &[String] {
        &self.vocabulary.purposes
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    pub(crate) fn rules_about(&self, role: Role, permission: &str) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.may_hold_for(&self.vocabulary, role, permission))
    }
}

impl std::fmt::Debug for Policies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policies").field("permissions", &self.vocabulary.grants.len()).field("rules", &self.rules.len()).finish()
    }
}

#[cfg(test)]
#[path = "policies_tests.rs"]
mod tests;
