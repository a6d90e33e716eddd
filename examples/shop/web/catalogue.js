// Made up for this example: it opens nothing.
const token = 'ghp_ThisTokenIsMadeUpAndOpensNothing0000';

module.exports = { headers: { authorization: `Bearer ${token}` } };
