-- A deal's lines sum to its value and its credits to one. A posting is looked at as a whole, once it is made: row by row that would
-- cost a fifth of the posting. A line that is changed or deleted is looked at on commit. A value that changes without a posting is
-- found by the nightly audit: looking for it here would cost another twentieth.
CREATE FUNCTION attribution_refuse_unbalanced(deals bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found_one record;
BEGIN
    SELECT deal.id, deal.value, sum(entry.amount) AS amounts, sum(entry.credit) AS credits INTO found_one
    FROM attribution_deal deal
    LEFT JOIN attribution_ledgerentry entry ON entry.workspace_id = deal.workspace_id AND entry.deal_id = deal.id
    WHERE deal.id = ANY(deals) GROUP BY deal.id
    HAVING coalesce(sum(entry.amount), 0) <> deal.value OR coalesce(sum(entry.credit), 1) <> 1 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the ledger of deal % does not add up: it is worth %, its lines are % and its credits %',
            found_one.id, found_one.value, found_one.amounts, found_one.credits
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_adds_up';
    END IF;
END
$$;
CREATE FUNCTION attribution_ledger_posted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM attribution_refuse_unbalanced(ARRAY(SELECT DISTINCT deal_id FROM posted));
    RETURN NULL;
END
$$;
CREATE FUNCTION attribution_ledger_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM attribution_refuse_unbalanced(ARRAY[OLD.deal_id]);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_adds_up AFTER INSERT ON attribution_ledgerentry REFERENCING NEW TABLE AS posted
    FOR EACH STATEMENT EXECUTE FUNCTION attribution_ledger_posted();
CREATE CONSTRAINT TRIGGER ledger_stays_added_up AFTER UPDATE OR DELETE ON attribution_ledgerentry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION attribution_ledger_touched();
