/** Makes a store of schema 11 what version 10 would have left: a request's text in its row, receipts in the feed. */
export const TO_VERSION_10 = `
  UPDATE requests SET sealed = (SELECT sealed FROM request_texts WHERE n = text);
  UPDATE feed SET body = json_set(body, '$.jws',
      (SELECT receipt FROM answers WHERE kid || ' ' || jti = answer)) WHERE answer IS NOT NULL;
  ALTER TABLE requests DROP COLUMN text;
  ALTER TABLE feed DROP COLUMN answer;
  DROP TABLE request_texts;
  PRAGMA user_version = 10;
`;
