-- A transaction that leaves a deal's lines unlike its value, or its credits unlike one, is refused when it commits.
-- Every posting has a line 1, so each revision of a deal is looked at once; changing or deleting a line is looked at always.
CREATE FUNCTION attribution_ledger_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this_deal bigint;
    worth bigint;
    amounts numeric;
    credits numeric;
BEGIN
    IF TG_TABLE_NAME = 'attribution_deal' THEN
        this_deal := NEW.id;
    ELSIF TG_OP = 'DELETE' THEN
        this_deal := OLD.deal_id;
    ELSE
        this_deal := NEW.deal_id;
    END IF;
    SELECT deal.value, sum(entry.amount), sum(entry.credit) INTO worth, amounts, credits
    FROM attribution_deal deal
    LEFT JOIN attribution_ledgerentry entry ON entry.workspace_id = deal.workspace_id AND entry.deal_id = deal.id
    WHERE deal.id = this_deal GROUP BY deal.id;
    IF FOUND AND (coalesce(amounts, 0) <> worth OR coalesce(credits, 1) <> 1) THEN
        RAISE EXCEPTION 'the ledger of deal % does not add up: lines of % and credits of %, and it is worth %', this_deal, amounts, credits, worth
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_adds_up';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_adds_up AFTER INSERT ON attribution_ledgerentry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.line = 1) EXECUTE FUNCTION attribution_ledger_adds_up();
CREATE CONSTRAINT TRIGGER ledger_stays_added_up AFTER UPDATE OR DELETE ON attribution_ledgerentry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION attribution_ledger_adds_up();
CREATE CONSTRAINT TRIGGER ledger_follows_value AFTER UPDATE OF value ON attribution_deal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.value IS DISTINCT FROM NEW.value) EXECUTE FUNCTION attribution_ledger_adds_up();
