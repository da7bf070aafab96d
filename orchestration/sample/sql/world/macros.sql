-- Randomness without a state: a draw depends on a key and a salt only, so a row is the same whatever the number of
-- threads, the order of rows or the size of the world. `scramble` is a 32-bit integer hash (a "lowbias32") in plain
-- arithmetic, because the built-in hash() may change between versions of DuckDB and md5 is 40 times slower.
create macro low32(x) as x & 4294967295::ubigint;
create macro fold(x, bits) as xor(x, x >> bits);
create macro scramble(x) as fold(low32(fold(low32(fold(x, 16) * 2146121005::ubigint), 15) * 2221713035::ubigint), 16);

-- The key of the n-th child of something that has a key: contact -> visit -> page.
create macro sub_key(parent_key, n) as scramble(low32(parent_key * 2654435769::ubigint + n::ubigint));

-- A uniform draw in [0, 1); the salt says what it is for.
create macro u(key, salt) as scramble(xor(key, low32(md5_number_lower(salt)::ubigint))) / 4294967296::double;

-- One element of a list, one whole number of 0 .. n - 1, one of the hundred slots of a vocabulary.
create macro pick(choices, draw) as choices[1 + floor(len(choices) * draw)::int];
create macro whole(n, draw) as floor((n) * draw)::int;
create macro slot(draw) as floor(100 * draw)::int;

-- A moment on a day in somebody's office hours (7 to 19, mostly around noon); most of the weekend moves to
-- some day of the week before it.
create macro working_day(day, key) as day
    - if(isodow(day) > 5 and u(key, 'weekend') < 0.8, isodow(day) - 5 + whole(5, u(key, 'weekday')), 0)::int;
create macro moment(day, key, utc_offset_hours) as working_day(day, key)::timestamp
    + to_milliseconds(((7 - utc_offset_hours + 6 * (u(key, 'morning') + u(key, 'afternoon'))) * 3600000)::bigint);
