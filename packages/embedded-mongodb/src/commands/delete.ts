/** `delete`. */
import { toDouble } from '../codec/numbers.ts';
import { type Document, int, isNumber } from '../codec/values.ts';
import { planQuery } from '../indexes/planner.ts';
import { parseFilter } from '../query/match/parse.ts';
import { scanDocuments } from '../query/scan.ts';
import { CommandError } from '../server/errors.ts';
import { checkArguments, optionalBoolean, required } from './arguments.ts';
import { refuseCollation } from './collation.ts';
import { type CommandContext, type Running, variablesOf } from './context.ts';
import { readHint } from './hint.ts';
import { letVariables } from './let.ts';
import { checkCollectionName } from './names.ts';
import { runStatements, statementList, writeReply } from './write-checks.ts';

export function* deleteDocuments(context: CommandContext): Running {
  const { command, database, server } = context;
  checkArguments(command, 'delete', {
    delete: 'collection',
    deletes: 'array',
    ordered: 'bool',
    let: 'object',
    stmtId: 'number',
    stmtIds: 'array',
  });
  const name = checkCollectionName(database, command.get('delete'));
  const statements = statementList(command, 'deletes', 'delete');
  const { variables, scope } = letVariables(command.get('let'), variablesOf(context));
  for (const statement of statements) {
    checkArguments(
      statement,
      'delete.deletes',
      { q: 'object', limit: 'number', collation: 'object', hint: 'hint' },
      false,
    );
    required(statement, 'q', 'delete.deletes');
    const limit = required(statement, 'limit', 'delete.deletes');
    if (!isNumber(limit) || (toDouble(limit) !== 0 && toDouble(limit) !== 1)) {
      throw new CommandError(
        9,
        `The limit field in delete objects must be 0 or 1. Got ${isNumber(limit) ? toDouble(limit) : limit}`,
      );
    }
    refuseCollation(statement);
  }
  let removed = 0;
  const errors = yield* runStatements(statements, optionalBoolean(command, 'ordered', true), function* (statement) {
    const onlyOne = toDouble(statement.get('limit') as never) === 1;
    const match = parseFilter(statement.get('q') as Document, { scope });
    const collection = server.catalog.find(database, name);
    if (!collection) return;
    const plan = planQuery(collection, match, [], readHint(collection, statement.get('hint')));
    const scan = scanDocuments({ ...server, collection, plan, match, variables, willWrite: !onlyOne });
    try {
      for (const found of scan) {
        if (found === null) {
          yield null;
          continue;
        }
        if (onlyOne) scan.return();
        collection.remove(found.rid, found.document);
        removed += 1;
        if (onlyOne) break;
      }
    } finally {
      scan.return();
    }
  });
  return writeReply({ n: int(removed) }, errors);
}
