import type { Catalog, CatalogAgent, CatalogGroup } from '#domain/catalog.js';
import { checkDeputies } from './catalog-notices.js';
import { checkWorkloads } from './catalog-workloads.js';
import type { ProblemList } from '../configuration-error.js';

/** Notes every name in the catalog that stands for nothing, for the wrong thing, or for two things. */
export function checkReferences(catalog: Catalog, problems: ProblemList): void {
  checkPrincipals(catalog, problems);
  checkResources(catalog, problems);
  checkMembers(catalog, problems);
  checkWorkloads(catalog, problems);
  checkDeputies(catalog, problems);
}

function checkPrincipals(catalog: Catalog, problems: ProblemList): void {
  const people = new Set(catalog.people.map((person) => person.id));
  const agents = new Set<string>();
  catalog.agents.forEach(({ id, owner }, index) => {
    if (id !== '' && agents.has(id)) problems.add(`agents[${index}].id`, 'is the id of an earlier agent');
    if (owner !== '' && !people.has(owner)) problems.add(`agents[${index}].owner`, 'must be one of the people');
    agents.add(id);
  });
  const clients = new Set<string>();
  catalog.clients.forEach(({ id }, index) => {
    if (id !== '' && agents.has(id))
      problems.add(`clients[${index}].id`, 'is the id of an agent: the two share one namespace');
    if (id !== '' && clients.has(id)) problems.add(`clients[${index}].id`, 'is the id of an earlier client');
    clients.add(id);
  });
}

function checkResources(catalog: Catalog, problems: ProblemList): void {
  const groups = new Set(catalog.groups.map((group) => group.id));
  const clients = new Map(catalog.clients.map((client) => [client.id, client]));
  catalog.resources.forEach((resource, index) => {
    const { owners } = resource;
    if (owners !== null && owners !== '' && !groups.has(owners))
      problems.add(`resources[${index}].owners`, 'must be one of the groups');
    resource.verifiers.forEach((verifier, position) => {
      const path = `resources[${index}].verifiers[${position}]`;
      if (verifier === '') return;
      const client = clients.get(verifier);
      if (client === undefined) problems.add(path, 'must be one of the clients');
      else if (!client.roles.includes('verifier')) problems.add(path, 'must be a client with the role verifier');
    });
  });
}

/** A member that could be an agent or a person would make the agent's twin an approver, or the person a requester. */
function checkMembers(catalog: Catalog, problems: ProblemList): void {
  const people = new Set(catalog.people.map((person) => person.id));
  const agents = new Set(catalog.agents.map((agent) => agent.id));
  catalog.groups.forEach((group, index) => {
    group.members.forEach((member, position) => {
      const path = `groups[${index}].members[${position}]`;
      if (member === '') return;
      if (!people.has(member) && !agents.has(member)) problems.add(path, 'must be one of the people or agents');
      else if (people.has(member) && agents.has(member))
        problems.add(path, 'is both a person and an agent: rename one');
    });
  });
  catalog.agents.forEach((agent, index) => {
    if (agent.groups.length > 0 && people.has(agent.id))
      problems.add(`agents[${index}].id`, 'is also a person: rename one');
  });
}

/**
 * Membership has two spellings, `agents[].groups` and `groups[].members`; this joins them, so that readers need only one.
 * A group that only agents name comes into being with them, without people and without a channel.
 */
export function withAgentGroups(catalog: Catalog): Catalog {
  const members = new Map(catalog.groups.map((group) => [group.id, new Set(group.members)]));
  for (const agent of catalog.agents) {
    for (const group of agent.groups) members.set(group, (members.get(group) ?? new Set()).add(agent.id));
  }
  const defined = new Map(catalog.groups.map((group) => [group.id, group]));
  const groups = [...members].map(([id, ids]): CatalogGroup => ({
    id,
    members: [...ids],
    slackChannel: defined.get(id)?.slackChannel ?? null,
    deputy: defined.get(id)?.deputy ?? null,
    notify: defined.get(id)?.notify ?? [],
  }));
  const agents = catalog.agents.map((agent): CatalogAgent => ({
    ...agent,
    groups: groups.filter((group) => group.members.includes(agent.id)).map((group) => group.id),
  }));
  return { ...catalog, agents, groups };
}
