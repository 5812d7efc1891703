-- MySQL dump 10.13  Distrib 5.5.25a, for Linux (i686)
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;

CREATE DATABASE /*!32312 IF NOT EXISTS*/ `to_schema` /*!40100 DEFAULT CHARACTER SET utf8 */;
USE `to_schema`;

DROP TABLE IF EXISTS `add_column`;
/*!40101 SET character_set_client = utf8 */;
CREATE TABLE `add_column` (
  `id` int(11) DEFAULT NULL,
  `c1` int(11) DEFAULT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8;
/*!40101 SET character_set_client = @saved_cs_client */;

CREATE TABLE `add_foreign` (
  `id` int(11) NOT NULL,
  `c1` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `fk_id2` FOREIGN KEY (`id`) REFERENCES `del_foreign` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
