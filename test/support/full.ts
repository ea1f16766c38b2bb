/** For the `skip` of tests that take long and show what others show in part. */
export const withoutFull: string | false = process.env.COFFER_TEST_FULL ? false : "runs with --full";
