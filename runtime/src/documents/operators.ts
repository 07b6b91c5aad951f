/** MongoDB's operators as far as they are known, by where they may stand. What is not listed is refused, future servers' too. */
const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Each takes a list of filters. */
export const LOGICAL = words("$and $or $nor");

/** What a filter says of one field; each takes a value, which is compared as it is. */
export const COMPARISONS = words(`
  $eq $ne $gt $gte $lt $lte $in $nin $exists $type $size $mod $regex $options
  $bitsAllSet $bitsAnySet $bitsAllClear $bitsAnyClear
  $geoWithin $geoIntersects $near $nearSphere $minDistance $maxDistance
`);

/** Of expressions, and of the stages that hold them. None of them runs JavaScript or reads another collection. */
export const EXPRESSIONS = words(`
  $abs $add $ceil $divide $exp $floor $ln $log $log10 $mod $multiply $pow $round $sqrt $subtract $trunc $sigmoid
  $acos $acosh $asin $asinh $atan $atan2 $atanh $cos $cosh $degreesToRadians $radiansToDegrees $sin $sinh $tan $tanh
  $bitAnd $bitNot $bitOr $bitXor
  $arrayElemAt $arrayToObject $concatArrays $filter $first $firstN $in $indexOfArray $isArray $last $lastN $map $maxN $minN
  $objectToArray $range $reduce $reverseArray $size $slice $sortArray $zip
  $and $not $or
  $cmp $eq $gt $gte $lt $lte $ne
  $cond $ifNull $switch
  $binarySize $bsonSize
  $dateAdd $dateDiff $dateFromParts $dateFromString $dateSubtract $dateToParts $dateToString $dateTrunc
  $dayOfMonth $dayOfWeek $dayOfYear $hour $isoDayOfWeek $isoWeek $isoWeekYear $millisecond $minute $month $second $week $year
  $literal $let $getField $setField $unsetField $mergeObjects $meta $rand
  $allElementsTrue $anyElementTrue $setDifference $setEquals $setIntersection $setIsSubset $setUnion
  $concat $indexOfBytes $indexOfCP $ltrim $regexFind $regexFindAll $regexMatch $replaceAll $replaceOne $rtrim $split
  $strLenBytes $strLenCP $strcasecmp $substr $substrBytes $substrCP $toLower $toUpper $trim
  $convert $isNumber $toBool $toDate $toDecimal $toDouble $toInt $toLong $toObjectId $toString $toUUID $type
  $toHashedIndexKey $tsIncrement $tsSecond
  $addToSet $avg $bottom $bottomN $count $max $median $min $percentile $push $setUnion $stdDevPop $stdDevSamp $sum $top $topN
  $covariancePop $covarianceSamp $denseRank $derivative $documentNumber $expMovingAvg $integral $linearFill $locf
  $minMaxScaler $rank $shift
`);

/**
 * The stages that see nothing but what the stage before gave them. All else is refused, today's ways out of a collection
 * ($lookup, $graphLookup, $unionWith, $out, $merge …) and those that future servers will have; so are stages that must come
 * first, for the first is the scope's own.
 */
export const STAGES = words(`
  $addFields $bucket $bucketAuto $count $densify $facet $fill $group $limit $match $project $redact $replaceRoot $replaceWith
  $sample $set $setWindowFields $skip $sort $sortByCount $unset $unwind
`);
