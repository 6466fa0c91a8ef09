/**
 * A policy's name: three words, the same for the same policy on every machine, so that people can talk about it.
 *
 * The words are picked by the SHA-256 of what the policy does. 64 words in each of three lists
 * make 262,144 names: among 50 policies two share one with a probability of half a percent.
 */
import { createHash } from "node:crypto";
import { checkParams } from "./augmentation.ts";
import { effectOf } from "./effect.ts";
import type { RegularizationParams } from "./schema.ts";

const manners =
  "able agile airy alert ample apt brave brief bright brisk broad calm clear clever cool crisp daring deft eager early even fair fine firm fleet fresh gentle glad grand handy hardy keen kind light lively loyal lucid merry mild modest neat nimble noble open patient plain proud quick quiet ready sharp smooth snug sound steady still stout strong sunny swift tidy trim warm wise";
const shades =
  "amber aqua azure beige blue bronze cherry chestnut cobalt copper coral cream crimson cyan ebony emerald fawn flint garnet gold green grey hazel indigo ivory jade khaki lemon lilac lime linen maple marble mauve mint moss navy ochre olive onyx opal orange peach pearl pewter pine pink plum quartz red rose ruby russet rust saffron sage sand sepia silver slate teal topaz umber violet";
const animals =
  "badger beaver bison bittern bunting camel chamois cormorant crane curlew deer dolphin dove eagle egret elk falcon ferret finch fox gannet gazelle gecko goshawk grebe hare harrier hawk heron hoopoe ibex ibis jackdaw kestrel kingfisher kite kiwi lapwing lark linnet lynx magpie marten merlin moose nuthatch oriole osprey otter owl panda pelican petrel pipit plover puffin raven robin seal siskin swallow swan wagtail wren";
const lists = [manners, shades, animals].map((words) => words.split(" "));

/**
 * The three-word name of a policy, such as "brisk amber heron".
 *
 * @throws CW_PARAMS
 * @example
 * policyName(presets.none()) === policyName(presets.none()); // true
 */
export function policyName(params: RegularizationParams): string {
  const digest = createHash("sha256")
    .update(effectOf(checkParams(params)))
    .digest();
  return lists.map((words, place) => words[digest.readUInt32BE(4 * place) % words.length]!).join(" ");
}
