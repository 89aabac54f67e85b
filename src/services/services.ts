// The use cases that chat commands may call.

import type { Access } from './access.ts';
import type { Accounts } from './accounts.ts';
import type { Batches } from './batches.ts';
import type { Clips } from './clips.ts';
import type { Drafts } from './drafts.ts';
import type { Leaving } from './leaving.ts';
import type { Linking } from './linking.ts';
import type { Missed } from './missed.ts';
import type { People } from './people.ts';
import type { Posts } from './posts.ts';
import type { Practice } from './practice.ts';
import type { Status } from './status.ts';
import type { Unconfirmed } from './unconfirmed.ts';
import type { Uploads } from './uploads.ts';

export interface Services {
  readonly access: Access;
  readonly accounts: Accounts;
  readonly batches: Batches;
  readonly clips: Clips;
  readonly drafts: Drafts;
  readonly leaving: Leaving;
  readonly linking: Linking;
  readonly missed: Missed;
  readonly people: People;
  readonly posts: Posts;
  readonly practice: Practice;
  readonly status: Status;
  readonly unconfirmed: Unconfirmed;
  readonly uploads: Uploads;
}
