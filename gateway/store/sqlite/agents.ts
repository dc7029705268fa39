import type { AgentReads, AgentWrites } from "../agents.ts";
import { present, type Row, type Sql } from "./sql.ts";

const TRAITS = ["model", "environment", "action"] as const;

const counted = (rows: readonly Row[]): Record<string, number> =>
  Object.fromEntries(rows.map((row) => [row.text("name"), row.int("count")]));

const CURRENT = `FROM requests r WHERE r.agent = ?
  AND NOT EXISTS (SELECT 1 FROM requests newer WHERE newer.rid = r.rid AND newer.rev > r.rev)`;

export function agentsOf(sql: Sql): AgentReads & AgentWrites {
  return {
    disabledAgent(agent) {
      const row = sql.get("SELECT at, dig FROM disabled_agents WHERE agent = ?", agent);
      return row && { at: row.int("at"), dig: row.text("dig") };
    },
    agentsKept: () =>
      sql
        .all("SELECT agent FROM requests UNION SELECT agent FROM disabled_agents ORDER BY agent")
        .map((row) => row.text("agent")),
    agentTraits: (agent) =>
      sql
        .all("SELECT kind, value, at FROM agent_traits WHERE agent = ? ORDER BY at, kind, value", agent)
        .map((row) => ({ kind: row.oneOf("kind", TRAITS), value: row.text("value"), first_at: row.int("at") })),
    agentDeeds(agent) {
      const all = sql.one(
        "SELECT COUNT(*) AS count, MIN(iat) AS first, MAX(changed_at) AS last FROM requests WHERE agent = ?",
        agent,
      );
      const tokens = sql.one(
        `SELECT COUNT(*) AS issued, COUNT(CASE WHEN t.uses_left = 0 THEN 1 END) AS used, COUNT(t.revoked_at) AS revoked
           FROM tokens t JOIN requests r ON r.rid = t.rid AND r.rev = t.rev WHERE r.agent = ?`,
        agent,
      );
      return {
        requests: counted(sql.all(`SELECT r.state AS name, COUNT(*) AS count ${CURRENT} GROUP BY r.state`, agent)),
        actions: counted(sql.all(`SELECT r.action AS name, COUNT(*) AS count ${CURRENT} GROUP BY r.action`, agent)),
        revisions: all.int("count"),
        executions: counted(
          sql.all(
            `SELECT COALESCE(e.kind, 'unfinished') AS name, COUNT(*) AS count
               FROM requests r JOIN executions e ON e.exec_id = r.rid || '.' || r.rev WHERE r.agent = ? GROUP BY name`,
            agent,
          ),
        ),
        tokens: { issued: tokens.int("issued"), used: tokens.int("used"), revoked: tokens.int("revoked") },
        ...present("first_at", all.maybeInt("first")),
        ...present("last_at", all.maybeInt("last")),
      };
    },

    disableAgent: (agent, dig, at) =>
      sql.run("INSERT INTO disabled_agents (agent, dig, at) VALUES (?,?,?) ON CONFLICT DO NOTHING", agent, dig, at) ===
      1,
    noteAgentTrait: (agent, { kind, value }, at) =>
      sql.run(
        "INSERT INTO agent_traits (agent, kind, value, at) VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
        ...[agent, kind, value, at],
      ) === 1,
  };
}
