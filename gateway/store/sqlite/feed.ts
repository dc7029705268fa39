import { CountersignError } from "#shared/protocol/error.ts";

import type { AnswerRow, FeedRow, NewFeedEvent } from "../rows.ts";
import type { FeedReads, FeedWrites } from "../store.ts";
import { ownJson, type Row, type Sql } from "./sql.ts";

/** Texts of stored objects that an event carries; undefined where there is none. */
export interface Carried {
  /** By digest. */
  request(dig: string): string | undefined;
  /** By `jti`. */
  event(jti: string): string | undefined;
  /** By {@link answerName}. */
  receipt(name: string): string | undefined;
}

/** A key's name has no space in it. */
export const answerName = ({ kid, jti }: Pick<AnswerRow, "kid" | "jti">): string => `${kid} ${jti}`;

/** What is stored under a name of its own is not stored in the feed again: what is sealed there would be plain here. */
function bodyToStore({ body, request, event, answer }: NewFeedEvent): string {
  const { jws, set, ...rest } = body;
  return JSON.stringify({
    ...rest,
    ...(request === undefined && answer === undefined && jws !== undefined ? { jws } : {}),
    ...(event === undefined && set !== undefined ? { set } : {}),
  });
}

function exceptionsOf(row: Row): Pick<NewFeedEvent, "except" | "only_kid"> {
  const [sub, kid, only] = ["except_sub", "except_kid", "only_kid"].map((name) => row.maybeText(name));
  return {
    ...(sub !== undefined && kid !== undefined && { except: { sub, kid } }),
    ...(only !== undefined && { only_kid: only }),
  };
}

export interface SqliteFeed {
  readonly methods: FeedReads & FeedWrites;
  /** Has to be told of every rollback, of a savepoint too. */
  forget(): void;
}

/** `epoch` is made by the caller once per database file. */
export function feedOfStore(sql: Sql, epoch: string, carried: Carried): SqliteFeed {
  /** In memory: this process is the only writer, and thousands who come back at once ask for both (reliability.md R11). */
  let head: number | undefined;
  let prunedTo: number | undefined;
  function bodyOf(row: Row): Record<string, unknown> {
    const body = ownJson<Record<string, unknown>>(row.text("body"));
    const [request, event, answer] = ["request", "event", "answer"].map((name) => row.maybeText(name));
    return {
      ...(answer === undefined ? {} : { jws: kept(carried.receipt(answer)) }),
      ...(request === undefined ? {} : { jws: kept(carried.request(request)) }),
      ...body,
      ...(event === undefined ? {} : { set: kept(carried.event(event)) }),
    };
  }
  const feedOf = (row: Row): FeedRow => ({
    seq: row.int("seq"),
    type: row.text("type"),
    body: bodyOf(row),
    at: row.int("at"),
  });
  const feedPrunedTo = (): number =>
    (prunedTo ??= Number(sql.get("SELECT value FROM meta WHERE name = 'feed_pruned_to'")?.text("value") ?? 0));
  /** Where all of it was pruned, what was there last. */
  const feedHead = (): number =>
    (head ??= Math.max(sql.one("SELECT COALESCE(MAX(seq), 0) AS seq FROM feed").int("seq"), feedPrunedTo()));
  const methods: FeedReads & FeedWrites = {
    feedEpoch: () => epoch,
    feedHead,
    feedPrunedTo,
    feedAfter: (reader, seq, limit) =>
      sql
        .all(
          `SELECT DISTINCT f.* FROM feed_audience a JOIN feed f USING (seq)
             WHERE a.seq > ? AND a.aud IN (SELECT value FROM json_each(?))
               AND (f.only_kid IS NULL OR ? IS NULL OR f.only_kid = ?)
               AND NOT (f.except_sub IS NOT NULL AND f.except_sub = ? AND (? IS NULL OR f.except_kid = ?))
             ORDER BY f.seq LIMIT ?`,
          ...[seq, JSON.stringify(reader.aud), reader.kid ?? null, reader.kid ?? null, reader.sub],
          ...[reader.kid ?? null, reader.kid ?? null, limit],
        )
        .map(feedOf),
    feedNewest: (limit) =>
      sql
        .all(
          // Limited to what has readers: of an erased request it has none. One walk over the audiences, which are by reader.
          `SELECT f.*, n.auds FROM feed f JOIN (SELECT seq, json_group_array(aud) AS auds FROM feed_audience
               GROUP BY seq ORDER BY seq DESC LIMIT ?) n USING (seq) ORDER BY f.seq`,
          limit,
        )
        .map((row) => ({ ...feedOf(row), aud: ownJson<string[]>(row.text("auds")), ...exceptionsOf(row) })),

    addFeedEvent(event) {
      const row = sql.one(
        `INSERT INTO feed (type, body, except_sub, except_kid, only_kid, at, request, event, answer)
           VALUES (?,?,?,?,?,?,?,?,?) RETURNING seq`,
        ...[event.type, bodyToStore(event), event.except?.sub ?? null, event.except?.kid ?? null],
        ...[event.only_kid ?? null, event.at, event.request ?? null, event.event ?? null],
        event.answer === undefined ? null : answerName(event.answer),
      );
      const seq = row.int("seq");
      head = seq;
      for (const aud of new Set(event.aud)) sql.run("INSERT INTO feed_audience (aud, seq) VALUES (?,?)", aud, seq);
      return seq;
    },
    pruneFeed(before, keep) {
      const upto = sql
        .one("SELECT MAX(seq) AS seq FROM feed WHERE at < ? AND seq <= ?", before, feedHead() - keep)
        .maybeInt("seq");
      if (upto === undefined) return;
      sql.run("DELETE FROM feed_audience WHERE seq <= ?", upto);
      sql.run("DELETE FROM feed WHERE seq <= ?", upto);
      sql.run(
        "INSERT INTO meta (name, value) VALUES ('feed_pruned_to', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        String(upto),
      );
      prunedTo = upto;
    },
  };
  return {
    methods,
    forget() {
      [head, prunedTo] = [undefined, undefined];
    },
  };
}

function kept(text: string | undefined): string {
  if (text === undefined) throw new CountersignError("E_STORE_CORRUPT", "The feed names something that is not stored.");
  return text;
}
