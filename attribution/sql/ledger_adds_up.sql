-- A deal's lines sum to its value and its credits to one. A posting is looked at as a whole, once it is made: row by row that would
-- cost a fifth of the posting. A line that is changed or deleted is looked at on commit. A value that changes without a posting is
-- found by the nightly audit: looking for it here would cost another twentieth.
-- Deal by deal and by index: a ledger that fills quickly is thought to be empty, and would be read whole for every deal.
CREATE OR REPLACE FUNCTION attribution_unbalanced(one bigint) RETURNS TABLE (id bigint, value bigint, amounts numeric, credits numeric)
LANGUAGE sql STABLE AS $$
    SELECT deal.id, deal.value, posted.amounts, posted.credits
    FROM attribution_deal deal CROSS JOIN LATERAL (
        SELECT sum(entry.amount) AS amounts, sum(entry.credit) AS credits FROM attribution_ledgerentry entry
        WHERE entry.workspace_id = deal.workspace_id AND entry.deal_id = deal.id
    ) AS posted
    WHERE deal.id = one AND (coalesce(posted.amounts, 0) <> deal.value OR coalesce(posted.credits, 1) <> 1)
$$;
CREATE OR REPLACE FUNCTION attribution_refuse(found_one record) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger of deal % does not add up: it is worth %, its lines are % and its credits %',
        found_one.id, found_one.value, found_one.amounts, found_one.credits
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_adds_up';
END
$$;
CREATE OR REPLACE FUNCTION attribution_ledger_posted() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    found_one record;
BEGIN
    SELECT unbalanced.* INTO found_one
    FROM (SELECT DISTINCT deal_id FROM posted) AS touched CROSS JOIN LATERAL attribution_unbalanced(touched.deal_id) AS unbalanced LIMIT 1;
    IF FOUND THEN
        PERFORM attribution_refuse(found_one);
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION attribution_ledger_touched() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    found_one record;
BEGIN
    SELECT * INTO found_one FROM attribution_unbalanced(OLD.deal_id);
    IF FOUND THEN
        PERFORM attribution_refuse(found_one);
    END IF;
    RETURN NULL;
END
$$;
